/** Uploads, by the one browser interface that tells how far they are. */
import { ownHeaders, refusal, ROOT } from './client';
import type { KeyHeader } from './once';
import { Problem } from './problem';
import type { Dataset } from './types';

export interface Upload {
	done: Promise<Dataset>;
	stop: () => void;
}

export function uploadDataset(
	file: File,
	query: { name?: string; target?: string },
	onProgress: (share: number) => void,
	headers?: KeyHeader
): Upload {
	const request = new XMLHttpRequest();
	const done = new Promise<Dataset>((resolve, reject) => {
		const words = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
		request.open('POST', `${ROOT}/upload/dataset?${words}`);
		const all = { ...ownHeaders('POST'), ...headers };
		for (const [name, value] of Object.entries(all)) request.setRequestHeader(name, value);
		request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
		request.upload.onload = () => onProgress(1);
		request.onload = () => {
			const body = parse(request.responseText);
			if (request.status < 300) resolve(body as Dataset);
			else reject(refusal(body, headOf(request)));
		};
		request.onerror = () => reject(Problem.from(new TypeError('network')));
		request.onabort = () => reject(new DOMException('stopped', 'AbortError'));
	});
	const form = new FormData();
	form.append('file', file);
	request.send(form);
	return { done, stop: () => request.abort() };
}

function headOf(request: XMLHttpRequest): Response {
	const id = request.getResponseHeader('x-request-id') ?? '';
	return new Response(null, { status: request.status, headers: { 'x-request-id': id } });
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
