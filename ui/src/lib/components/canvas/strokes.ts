/** A hand's way over the pad as a smooth line. Pure geometry, so that it can be tested without a browser. */

/** In shares of the pad's side: 0 … 1 from the left and from the top. */
export interface Point {
	x: number;
	y: number;
}
export type Stroke = readonly Point[];

/** As thick as MNIST's: about a twelfth of the side. */
export const THICKNESS = 1 / 12;
/** The line's edge is soft, as if a felt pen had drawn it: how much wider, and how faint. */
const HALO = { widening: 1.09, alpha: 0.4 };
/** Closer than this the hand has not moved. */
const LEAST_STEP = 0.002;

/** The stroke with a further point, or as it was where the hand has hardly moved. */
export function extended(stroke: Stroke, point: Point): Stroke {
	const last = stroke.at(-1);
	if (last && Math.hypot(point.x - last.x, point.y - last.y) < LEAST_STEP) return stroke;
	return [...stroke, point];
}

/** What `trace` draws on: a canvas's context, or a list of what was asked of it. */
export type Way = Pick<CanvasPath, 'moveTo' | 'lineTo' | 'quadraticCurveTo'>;

/** The stroke's line on a pad of this side. A tap is a dot; between the points the line bends instead of breaking. */
export function trace(way: Way, stroke: Stroke, side: number): void {
	const points = stroke.map((one) => ({ x: one.x * side, y: one.y * side }));
	const [first, second] = points;
	if (!first) return;
	way.moveTo(first.x, first.y);
	if (!second) {
		way.lineTo(first.x + 0.01, first.y);
		return;
	}
	for (let index = 1; index < points.length - 1; index++) {
		const here = points[index] as Point;
		const next = points[index + 1] as Point;
		way.quadraticCurveTo(here.x, here.y, (here.x + next.x) / 2, (here.y + next.y) / 2);
	}
	const last = points.at(-1) as Point;
	way.lineTo(last.x, last.y);
}

export function paint(context: CanvasRenderingContext2D, stroke: Stroke, side: number, ink: string): void {
	context.save();
	context.strokeStyle = ink;
	context.lineCap = context.lineJoin = 'round';
	context.beginPath();
	trace(context, stroke, side);
	context.lineWidth = side * THICKNESS * HALO.widening;
	context.globalAlpha = HALO.alpha;
	context.stroke();
	context.lineWidth = side * THICKNESS;
	context.globalAlpha = 1;
	context.stroke();
	context.restore();
}
