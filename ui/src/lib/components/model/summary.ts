import type { Model, ModelDetail, Report } from '$lib/api/types';

/** What a model's bundle says of itself: the parts of a report that training leaves behind. */
export type Summary = Pick<
	Report,
	| 'classification'
	| 'confusion'
	| 'roc'
	| 'importance'
	| 'parity'
	| 'lineage'
	| 'gate'
	| 'split'
	| 'cross_validation'
	| 'hyperparameters'
	| 'data'
	| 'warnings'
	| 'libraries'
	| 'seeds'
>;

export function summaryOf(model: ModelDetail): Partial<Summary> {
	return model.summary as Partial<Summary>;
}

export interface SignatureColumn {
	name: string;
	kind: 'numeric' | 'categorical' | 'image';
	categories: string[];
	boolean: boolean;
	integer: boolean;
	example: number | null;
	required: boolean;
	/** Of an image: height and width. */
	shape?: [number, number] | null;
}
export interface Signature {
	columns: SignatureColumn[];
	target: string;
	classes: (string | number | boolean)[];
}

/** Whether it is shown pictures instead of rows. */
export function seesPictures(signature: Signature | undefined): boolean {
	return signature?.columns.some((one) => one.kind === 'image') ?? false;
}

export function signatureOf(model: ModelDetail): Signature {
	return model.signature as unknown as Signature;
}

export const nameOf = (model: Model): string => `${model.name} ${model.version}`;
