/** A first look at a file before it is sent. The storage service decides; this is what a person confirms. */

export type Delimiter = ',' | ';' | '\t' | '|';
export interface Sniffed {
	kind: 'table' | 'empty' | 'binary';
	encoding: string;
	delimiter: Delimiter;
	header: string[];
	rows: string[][];
}

const DELIMITERS: readonly Delimiter[] = [',', ';', '\t', '|'];
const JUDGED_ROWS = 50;
const SHOWN_ROWS = 6;

/** Of the beginning of a file; `whole` says that it is all of it. */
export function sniff(bytes: Uint8Array, whole: boolean): Sniffed {
	const found = { encoding: 'UTF-8', delimiter: ',' as Delimiter, header: [], rows: [] };
	if (bytes.length === 0) return { ...found, kind: 'empty' };
	const { text, encoding } = decode(bytes);
	if (text.includes('\0')) return { ...found, kind: 'binary' };
	if (text.trim() === '') return { ...found, kind: 'empty' };
	const delimiter = bestDelimiter(text);
	const records = split(text, delimiter, JUDGED_ROWS);
	// The last one may have been cut off.
	const sound = whole || records.length < 2 ? records : records.slice(0, Math.max(1, records.length - 1));
	const [header = [], ...rows] = sound;
	return { kind: 'table', encoding, delimiter, header, rows: rows.slice(0, SHOWN_ROWS) };
}

function decode(bytes: Uint8Array): { text: string; encoding: string } {
	if (bytes[0] === 0xff && bytes[1] === 0xfe)
		return { text: new TextDecoder('utf-16le').decode(bytes), encoding: 'UTF-16' };
	if (bytes[0] === 0xfe && bytes[1] === 0xff)
		return { text: new TextDecoder('utf-16be').decode(bytes), encoding: 'UTF-16' };
	try {
		return {
			text: new TextDecoder('utf-8', { fatal: true }).decode(upToCharacter(bytes)),
			encoding: 'UTF-8'
		};
	} catch {
		return { text: new TextDecoder('windows-1251').decode(bytes), encoding: 'windows-1251' };
	}
}

/** Without the beginning of a character at the end, where the file was cut. */
function upToCharacter(bytes: Uint8Array): Uint8Array {
	for (let back = 1; back <= 3 && back < bytes.length; back++) {
		const byte = bytes[bytes.length - back] ?? 0;
		if ((byte & 0xc0) === 0xc0) {
			const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
			return needed > back ? bytes.subarray(0, bytes.length - back) : bytes;
		}
		if (byte < 0x80) return bytes;
	}
	return bytes;
}

/** The one by which most records have the same number of fields, and more than one. */
function bestDelimiter(text: string): Delimiter {
	let best: Delimiter = ',';
	let bestScore = 0;
	for (const delimiter of DELIMITERS) {
		const lengths = split(text, delimiter, JUDGED_ROWS).map((one) => one.length);
		const width = lengths[0] ?? 1;
		const alike = lengths.filter((one) => one === width).length / lengths.length;
		const score = width > 1 ? alike + width / 1000 : 0;
		if (score > bestScore) [best, bestScore] = [delimiter, score];
	}
	return best;
}

/** The first `most` records; quotes may hold delimiters and line ends. */
export function split(text: string, delimiter: string, most: number): string[][] {
	const records: string[][] = [];
	let fields: string[] = [];
	let field = '';
	let quoted = false;
	const body = text.startsWith('\ufeff') ? text.slice(1) : text;
	for (let index = 0; index < body.length && records.length < most; index++) {
		const character = body[index] as string;
		if (quoted) {
			if (character !== '"') field += character;
			else if (body[index + 1] === '"') field += body[++index];
			else quoted = false;
		} else if (character === '"' && field === '') quoted = true;
		else if (character === delimiter) {
			fields.push(field);
			field = '';
		} else if (character === '\n') {
			records.push([...fields, field]);
			fields = [];
			field = '';
		} else if (character !== '\r') field += character;
	}
	if (records.length < most && (field !== '' || fields.length)) records.push([...fields, field]);
	return records.filter((one) => one.length > 1 || one[0] !== '');
}

/** A data set's name after the file's. */
export function nameOf(file: string): string {
	return file.replace(/\.(csv|tsv|txt)$/i, '').slice(0, 128);
}
