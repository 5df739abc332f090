/** What people have given the model to learn from: pictures, each with what it shows. */
import { api, ask, ROOT } from './client';
import type { components } from './schema';
import type { Page } from './types';

export type Contribution = components['schemas']['Contribution'];
export interface Given {
	/** A data URL. */
	image: string;
	label: number;
	predicted?: number;
	prediction_id?: string;
	was_wrong?: boolean;
}

export const contentOf = (id: number): string => `${ROOT}/user-data/${id}/content`;

/** The same picture again gets the new label. Throws a `Problem`. */
export function contribute(given: Given): Promise<Contribution> {
	// The route takes files, too, so that its description leaves the body open.
	return ask(api.POST('/user-data', { body: given as never }));
}
/** One's own, or everybody's for an administrator; the newest first. Throws a `Problem`. */
export function contributions(
	query: { limit: number; offset?: number },
	signal?: AbortSignal
): Promise<Page<Contribution>> {
	return ask(api.GET('/user-data', { params: { query }, ...(signal ? { signal } : {}) }));
}
/** Throws a `Problem`. */
export async function takeBack(contribution_id: number): Promise<void> {
	const params = { path: { contribution_id } };
	await ask(api.DELETE('/user-data/{contribution_id}', { params, parseAs: 'text' }));
}
