/** Predictions, in Kolba's own protocol: rows, CSV or a picture in, labels and probabilities out. */
import { ownHeaders, refusal, ROOT } from './client';
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

/** `target`: a name, or `name@version`. Rows are objects, or CSV text with a header. Throws a `Problem`. */
export function predict(
	target: string,
	rows: Record<string, Cell>[] | string,
	signal?: AbortSignal
): Promise<Answer> {
	return typeof rows === 'string'
		? send(target, 'text/csv', rows, signal)
		: send(target, 'application/json', JSON.stringify({ rows }), signal);
}

/** `picture`: a data URL of a PNG or JPEG. Throws a `Problem`. */
export function predictPicture(target: string, picture: string, signal?: AbortSignal): Promise<Answer> {
	return send(target, 'application/json', JSON.stringify({ image: picture }), signal);
}

async function send(target: string, type: string, body: string, signal?: AbortSignal): Promise<Answer> {
	const started = performance.now();
	let response: Response;
	try {
		response = await fetch(`${ROOT}/predict/${encodeURIComponent(target)}`, {
			method: 'POST',
			headers: { ...ownHeaders('POST'), 'Content-Type': type },
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
