/** The squares of a picture as a network's importance names them: `x 0–3, y 4–7`, in pixels. */

export interface Square {
	left: number;
	top: number;
	width: number;
	height: number;
	mean: number;
	deviation: number;
}
interface Feature {
	name: string;
	mean: number;
	standard_deviation?: number;
}
const NAME = /^x (\d+)–(\d+), y (\d+)–(\d+)$/;

/** Undefined where these are no squares, but columns of a table. */
export function squaresOf(features: readonly Feature[]): Square[] | undefined {
	const found = features.flatMap((one) => {
		const [left, right, top, bottom] = (NAME.exec(one.name)?.slice(1) ?? []).map(Number);
		if (left === undefined || right === undefined || top === undefined || bottom === undefined) return [];
		const [width, height] = [right - left + 1, bottom - top + 1];
		return [{ left, top, width, height, mean: one.mean, deviation: one.standard_deviation ?? 0 }];
	});
	return found.length > 0 && found.length === features.length ? found : undefined;
}
