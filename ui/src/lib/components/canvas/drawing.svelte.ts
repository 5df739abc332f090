import { isSendable, type Picture, toDataUrl } from './pictures';
import { extended, paint, type Point, type Stroke } from './strokes';

export const PAPER = '#ffffff';
export const INK = '#14161a';
/** The side of what is sent, in pixels: ten times MNIST's. */
const SENT_SIDE = 280;

type Mark = { stroke: Stroke } | { picture: Picture };
type Sheet = readonly Mark[];

/** What is on the pad, and what was there before. */
export class Drawing {
	#sheet = $state.raw<Sheet>([]);
	#stroke = $state.raw<Stroke>();
	#past = $state.raw<readonly Sheet[]>([]);
	#future = $state.raw<readonly Sheet[]>([]);
	readonly isEmpty = $derived(this.#sheet.length === 0 && this.#stroke === undefined);
	readonly isDrawing = $derived(this.#stroke !== undefined);
	readonly count = $derived(this.#sheet.length + (this.#stroke ? 1 : 0));
	readonly canUndo = $derived(this.#past.length > 0);
	readonly canRedo = $derived(this.#future.length > 0);

	begin(point: Point): void {
		this.#stroke = [point];
	}

	/** Whether the hand has moved far enough to be seen. */
	move(points: readonly Point[]): boolean {
		const before = this.#stroke;
		if (!before) return false;
		this.#stroke = points.reduce(extended, before);
		return this.#stroke !== before;
	}

	end(): void {
		const stroke = this.#stroke;
		this.#stroke = undefined;
		if (stroke) this.#become([...this.#sheet, { stroke }]);
	}

	/** The hand was taken away by something else, such as a phone's gesture: nothing was meant. */
	drop(): void {
		this.#stroke = undefined;
	}

	/** In place of everything that was there. */
	put(picture: Picture): void {
		this.#become([{ picture }]);
	}

	clear(): void {
		this.#stroke = undefined;
		if (this.#sheet.length > 0) this.#become([]);
	}

	undo(): void {
		const before = this.#past.at(-1);
		if (!before) return;
		this.#future = [...this.#future, this.#sheet];
		this.#past = this.#past.slice(0, -1);
		this.#sheet = before;
	}

	redo(): void {
		const after = this.#future.at(-1);
		if (!after) return;
		this.#past = [...this.#past, this.#sheet];
		this.#future = this.#future.slice(0, -1);
		this.#sheet = after;
	}

	/** Everything, on a canvas of this side in its own pixels. */
	show(context: CanvasRenderingContext2D, side: number): void {
		context.fillStyle = PAPER;
		context.fillRect(0, 0, side, side);
		for (const mark of this.#sheet) {
			if ('stroke' in mark) paint(context, mark.stroke, side, INK);
			else lay(context, mark.picture, side);
		}
		if (this.#stroke) paint(context, this.#stroke, side, INK);
	}

	/** As it is sent: a file that was chosen goes as it is, everything else as a PNG. */
	async toDataUrl(): Promise<string> {
		const [only, ...others] = this.#sheet;
		if (only && 'picture' in only && others.length === 0 && !this.#stroke) {
			if (isSendable(only.picture.file)) return toDataUrl(only.picture.file);
		}
		const canvas = document.createElement('canvas');
		canvas.width = canvas.height = SENT_SIDE;
		const context = canvas.getContext('2d');
		if (!context) throw new Error('this browser has no canvas');
		this.show(context, SENT_SIDE);
		return canvas.toDataURL('image/png');
	}

	#become(sheet: Sheet): void {
		this.#past = [...this.#past, this.#sheet];
		this.#future = [];
		this.#sheet = sheet;
	}
}

function lay(context: CanvasRenderingContext2D, { bitmap, around }: Picture, side: number): void {
	context.fillStyle = around;
	context.fillRect(0, 0, side, side);
	const scale = side / Math.max(bitmap.width, bitmap.height);
	const [width, height] = [bitmap.width * scale, bitmap.height * scale];
	// A picture of 28 pixels is shown as its squares, not as a blur.
	context.imageSmoothingEnabled = scale < 4;
	context.imageSmoothingQuality = 'high';
	context.drawImage(bitmap, (side - width) / 2, (side - height) / 2, width, height);
}
