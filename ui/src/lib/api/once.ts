/** What is to be done once, however often it is sent: a POST under an `Idempotency-Key`. */
import { Problem } from './problem';

export type KeyHeader = Record<'Idempotency-Key', string>;
const DONE = new Set(['idempotent-answer-not-kept', 'idempotent-deed-unknown', 'idempotency-key-reused']);

/**
 * One per form. It keeps the key of a request until that is done, so that a second press after a broken connection
 * gets the first one's answer instead of doing it again. Something else to send gets another key: the service refuses
 * a key that comes with another body.
 */
export class Once {
	#key = '';
	#sent = '';

	/** `what`: all that is sent, files and the address, where it varies, included. Throws what `post` throws. */
	async send<Answer>(what: unknown, post: (headers: KeyHeader) => Promise<Answer>): Promise<Answer> {
		const sent = inWords(what);
		if (sent !== this.#sent || !this.#key) {
			this.#key = newKey();
			this.#sent = sent;
		}
		try {
			const answer = await post({ 'Idempotency-Key': this.#key });
			this.#key = '';
			return answer;
		} catch (error) {
			if (isDone(error)) this.#key = '';
			throw error;
		}
	}
}

/** Whether it has been done, or may have been, though the answer is a refusal; any other refusal leaves the key free at the service. */
function isDone(error: unknown): boolean {
	return error instanceof Problem && DONE.has(error.type);
}

/** 128 random bits. Not `randomUUID`, which browsers offer over HTTPS alone. */
function newKey(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return Array.from(bytes, (one) => one.toString(16).padStart(2, '0')).join('');
}

function inWords(what: unknown): string {
	return JSON.stringify(what, (_, value: unknown) => {
		if (value instanceof FormData) return [...value];
		if (value instanceof File) return [value.name, value.size, value.lastModified];
		return value;
	});
}
