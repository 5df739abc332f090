/** Predictions, in Kolba's own protocol: rows, CSV or a picture in, labels and probabilities out. */
import { ownHeaders, refusal, ROOT } from './client';
import { type KeyHeader, Once } from './once';
import { Problem } from './problem';

export type Cell = string | number | boolean | null;
export interface Answered {
	label: string | number | boolean;
	probabilities: Record<string, number>;
}
export interface Answer {
	model: string;
	version: string;
	prediction_id: string;
	predictions: Answered[];
	milliseconds: number;
}

/** An answer may cost something: whoever presses again since the connection broke is given the one that was paid for. */
const pressed = new Once();

/** `target`: a name, or `name@version`. Rows are objects, or CSV text with a header. Throws a `Problem`. */
export function predict(
	target: string,
	rows: Record<string, Cell>[] | string,
	signal?: AbortSignal
): Promise<Answer> {
	const [type, body] =
		typeof rows === 'string' ? ['text/csv', rows] : ['application/json', JSON.stringify({ rows })];
	return pressed.send([target, type, body], (key) => send(target, type, body, signal, key));
}

/** `picture`: a data URL of a PNG or JPEG. Throws a `Problem`. */
export function predictPicture(target: string, picture: string, signal?: AbortSignal): Promise<Answer> {
	return send(target, 'application/json', JSON.stringify({ image: picture }), signal);
}

async function send(
	target: string,
	type: string,
	body: string,
	signal?: AbortSignal,
	key?: KeyHeader
): Promise<Answer> {
	const started = performance.now();
	let response: Response;
	try {
		response = await fetch(`${ROOT}/predict/${encodeURIComponent(target)}`, {
			method: 'POST',
			headers: { ...ownHeaders('POST'), ...key, 'Content-Type': type },
			body,
			...(signal ? { signal } : {})
		});
	} catch (error) {
		if (error instanceof DOMException) throw error;
		throw Problem.from(error);
	}
	const answer: unknown = await response.json().catch(() => undefined);
	if (!response.ok) throw refusal(answer, response);
	return { ...(answer as Omit<Answer, 'milliseconds'>), milliseconds: performance.now() - started };
}
