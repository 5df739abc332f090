/** What went wrong, as the services say it (RFC 9457), or as the browser found it. */
import { t } from '$lib/i18n/index.svelte';

export interface FieldError {
	field: string;
	message: string;
}

interface Document {
	title?: unknown;
	detail?: unknown;
	type?: unknown;
	status?: unknown;
	request_id?: unknown;
	errors?: unknown;
}

export class Problem extends Error {
	constructor(
		readonly status: number,
		readonly title: string,
		readonly detail: string,
		readonly type: string,
		readonly requestId: string,
		readonly fields: readonly FieldError[],
		readonly document: Record<string, unknown> = {}
	) {
		super(detail || title);
		this.name = 'Problem';
	}

	/** Of an answer's body, whatever it is. */
	static of(body: unknown, response?: Response): Problem {
		const document: Document = typeof body === 'object' && body !== null ? body : {};
		const status = Number(document.status ?? response?.status ?? 0);
		return new Problem(
			status,
			word(document.title) || t('error.unexpected'),
			word(document.detail) || t('error.status', { status: String(status) }),
			word(document.type).split(':').pop() ?? '',
			word(document.request_id) || (response?.headers.get('x-request-id') ?? ''),
			Array.isArray(document.errors) ? document.errors.filter(isFieldError) : [],
			document as Record<string, unknown>
		);
	}

	/** Of anything that was thrown. */
	static from(error: unknown): Problem {
		if (error instanceof Problem) return error;
		if (error instanceof TypeError && /fetch|network|load/i.test(error.message)) {
			return new Problem(0, t('error.offline'), t('error.offline_detail'), 'offline', '', []);
		}
		return new Problem(0, t('error.unexpected'), String(error), 'unexpected', '', []);
	}

	/** What is said of one field, wherever it stood in the body. */
	of(field: string): string | undefined {
		return this.fields.find((one) => one.field === field || one.field.endsWith(`.${field}`))?.message;
	}
}

export function isAbort(error: unknown): boolean {
	return error instanceof DOMException && error.name === 'AbortError';
}

function word(value: unknown): string {
	return typeof value === 'string' ? value : '';
}

function isFieldError(value: unknown): value is FieldError {
	return typeof value === 'object' && value !== null && 'field' in value && 'message' in value;
}
