import { api, ask } from '$lib/api/client';
import type { Alias, Model, ModelDetail, Run } from '$lib/api/types';
import { resource } from '$lib/state/resource.svelte';

/** What the network for digits is called, here and for `POST /predict`. */
export const DIGITS = 'digits';
const LISTED = 50;
const BUSY_MS = 1500;
const QUIET_MS = 15_000;

/** How far the network for digits has come. */
export interface Story {
	/** The newest first. */
	versions: readonly Model[];
	total: number;
	production: Alias | undefined;
	/** The one that answers: in production, else the newest. */
	live: ModelDetail | undefined;
	/** The latest lesson, whatever became of it. */
	lesson: Run | undefined;
	/** What it made. */
	learned: ModelDetail | undefined;
	/** The first training, while it is going on or when it has failed. */
	training: Run | undefined;
}

export function story() {
	return resource(() => DIGITS, tell, {
		name: 'digits.story',
		every: (data) => (isOpen(data?.lesson) || isOpen(data?.training) ? BUSY_MS : QUIET_MS)
	});
}

export function isOpen(run: Run | undefined): boolean {
	return run?.state === 'queued' || run?.state === 'running';
}

async function tell(name: string, signal: AbortSignal): Promise<Story> {
	const latest = { limit: 1, sort: '-created_at' };
	const [models, aliases, lessons] = await Promise.all([
		ask(api.GET('/models', { params: { query: { name, limit: LISTED, sort: '-created_at' } }, signal })),
		ask(api.GET('/aliases', { params: { query: { model: name, limit: LISTED } }, signal })),
		ask(api.GET('/runs', { params: { query: { ...latest, kind: 'fine-tune' } }, signal }))
	]);
	const production = aliases.items.find((one) => one.alias === 'production');
	const answers = production?.model_id ?? models.items[0]?.id;
	const lesson = lessons.items[0];
	const made = lesson?.state === 'succeeded' ? (lesson.model_id ?? undefined) : undefined;
	const [live, learned, training] = await Promise.all([
		answers === undefined ? undefined : details(answers, signal),
		made === undefined ? undefined : details(made, signal).catch(() => undefined),
		answers === undefined ? firstTraining(name, signal) : undefined
	]);
	return { versions: models.items, total: models.total, production, live, lesson, learned, training };
}

function details(model_id: number, signal: AbortSignal): Promise<ModelDetail> {
	return ask(api.GET('/models/{model_id}', { params: { path: { model_id } }, signal }));
}

async function firstTraining(name: string, signal: AbortSignal): Promise<Run | undefined> {
	const query = { kind: 'train' as const, limit: LISTED, sort: '-created_at' };
	const { items } = await ask(api.GET('/runs', { params: { query }, signal }));
	return items.find((one) => one.parameters.name === name || one.result_name === name);
}
