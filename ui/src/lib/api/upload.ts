/** Uploads, by the one browser interface that tells how far they are. */
import { ownHeaders, ROOT } from './client';
import { Problem } from './problem';
import type { Dataset } from './types';

export interface Upload {
	done: Promise<Dataset>;
	stop: () => void;
}

export function uploadDataset(
	file: File,
	query: { name?: string; target?: string },
	onProgress: (share: number) => void
): Upload {
	const request = new XMLHttpRequest();
	const done = new Promise<Dataset>((resolve, reject) => {
		const words = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
		request.open('POST', `${ROOT}/upload/dataset?${words}`);
		for (const [name, value] of Object.entries(ownHeaders('POST'))) request.setRequestHeader(name, value);
		request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
		request.upload.onload = () => onProgress(1);
		request.onload = () => {
			const body = parse(request.responseText);
			if (request.status < 300) resolve(body as Dataset);
			else reject(Problem.of(body ?? { status: request.status }));
		};
		request.onerror = () => reject(Problem.from(new TypeError('network')));
		request.onabort = () => reject(new DOMException('stopped', 'AbortError'));
	});
	const form = new FormData();
	form.append('file', file);
	request.send(form);
	return { done, stop: () => request.abort() };
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
