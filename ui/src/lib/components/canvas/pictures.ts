/** Pictures that are chosen, dropped or pasted instead of drawn. */

/** What the services take; any other picture is sent as the pad shows it. */
const AS_THEY_ARE = new Set(['image/png', 'image/jpeg']);
export const MOST_BYTES = 4 * 1024 * 1024;
const MOST_SIDE = 4096;
const PNG_START = [0x89, 0x50, 0x4e, 0x47];

export interface Picture {
	bitmap: ImageBitmap;
	file: Blob;
	/** What lies around the picture where it is no square: the colour of its first corner. */
	around: string;
}

export type Refusal = 'too_large' | 'not_a_picture';
export class Refused extends Error {
	constructor(readonly reason: Refusal) {
		super(reason);
	}
}

/** Throws `Refused`. */
export async function read(file: Blob): Promise<Picture> {
	if (file.size > MOST_BYTES || (await isHuge(file))) throw new Refused('too_large');
	let bitmap: ImageBitmap;
	try {
		bitmap = await createImageBitmap(file);
	} catch {
		throw new Refused('not_a_picture');
	}
	if (Math.max(bitmap.width, bitmap.height) > MOST_SIDE) throw new Refused('too_large');
	return { bitmap, file, around: firstCorner(bitmap) };
}

/** A PNG says how large it is before it is unpacked: 50,000 × 50,000 pixels fit into a kilobyte. */
async function isHuge(file: Blob): Promise<boolean> {
	const head = new Uint8Array(await file.slice(0, 24).arrayBuffer());
	if (head.length < 24 || PNG_START.some((byte, index) => head[index] !== byte)) return false;
	const sizes = new DataView(head.buffer);
	return Math.max(sizes.getUint32(16), sizes.getUint32(20)) > MOST_SIDE;
}

function firstCorner(bitmap: ImageBitmap): string {
	const canvas = document.createElement('canvas');
	canvas.width = canvas.height = 1;
	const context = canvas.getContext('2d', { willReadFrequently: true });
	if (!context) return '#fff';
	context.fillStyle = '#fff';
	context.fillRect(0, 0, 1, 1);
	context.drawImage(bitmap, 0, 0, 1, 1, 0, 0, 1, 1);
	const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
	return `rgb(${red} ${green} ${blue})`;
}

/** Whether the service can be given the file itself. */
export function isSendable(file: Blob): boolean {
	return AS_THEY_ARE.has(file.type) && file.size <= MOST_BYTES;
}

/** The first picture among what was dropped or pasted. */
export function firstOf(given: DataTransfer | null): File | undefined {
	return [...(given?.files ?? [])].find((one) => one.type.startsWith('image/')) ?? given?.files[0];
}

export function toDataUrl(file: Blob): Promise<string> {
	return new Promise((resolve, reject) => {
		const reader = new FileReader();
		reader.onload = () => resolve(String(reader.result));
		reader.onerror = () => reject(reader.error ?? new Error('the file cannot be read'));
		reader.readAsDataURL(file);
	});
}
