import { api, ask } from '$lib/api/client';
import { type KeyHeader, Once } from '$lib/api/once';
import type { Dataset, Family } from '$lib/api/types';
import { type Field, fieldsOf, parse, written } from './schema';

/** A training that is being put together. */
export class Draft {
	dataset = $state.raw<Dataset>();
	family = $state.raw<Family>();
	target = $state('');
	chosenOnly = $state(false);
	features = $state<string[]>([]);
	typed = $state<Record<string, string | boolean>>({});
	name = $state('');
	seed = $state(42);
	testPercent = $state(20);
	folds = $state(5);
	readonly #once = new Once();

	readonly fields = $derived<Field[]>(this.family ? fieldsOf(this.family.hyperparameters) : []);
	readonly changed = $derived(this.fields.filter((field) => this.value(field) !== field.initial));
	readonly wrong = $derived(this.fields.filter((field) => this.value(field) === undefined));
	readonly heldOut = $derived(Math.round(((this.dataset?.rows ?? 0) * this.testPercent) / 100));
	/** The columns of pictures that it would learn from. */
	readonly pictures = $derived(
		(this.dataset?.columns ?? [])
			.filter((one) => one.type === 'image' && (!this.chosenOnly || this.features.includes(one.name)))
			.map((one) => one.name)
	);
	readonly task = $derived(this.pictures.length > 0 ? 'image-classification' : 'classification');
	/** Whether the data says itself which rows are held out; only with pictures that is asked. */
	readonly isSplit = $derived(
		this.pictures.length > 0 && (this.dataset?.columns.some((one) => one.name === 'split') ?? false)
	);
	readonly ready = $derived(
		!!this.dataset &&
			!!this.family &&
			!!this.target &&
			this.wrong.length === 0 &&
			(!this.chosenOnly || this.features.length > 0)
	);

	useDataset(dataset: Dataset): void {
		this.dataset = dataset;
		this.target = dataset.target ?? '';
		this.features = [];
		this.chosenOnly = false;
	}

	useFamily(family: Family, given: Record<string, unknown> = {}): void {
		this.family = family;
		this.typed = Object.fromEntries(
			fieldsOf(family.hyperparameters).map((field) => {
				const value = (field.name in given ? given[field.name] : field.initial) as Field['initial'];
				return [field.name, field.kind === 'boolean' ? value === true : written(value)];
			})
		);
	}

	/** Undefined: what was typed is no value of this field. */
	value(field: Field): Field['initial'] | undefined {
		const typed = this.typed[field.name];
		return typeof typed === 'boolean' ? typed : parse(field, String(typed ?? ''));
	}

	/** The run's id. Throws a `Problem`. */
	async start(): Promise<number> {
		if (!this.dataset || !this.family) throw new Error('the draft is not ready');
		const body = {
			dataset_id: this.dataset.id,
			model_type: this.family.name,
			hyperparameters: Object.fromEntries(this.changed.map((field) => [field.name, this.value(field)])),
			target: this.target,
			features: this.chosenOnly ? [...this.features] : null,
			name: this.name.trim() || null,
			seed: this.seed,
			test_size: this.testPercent / 100,
			cross_validation_folds: this.folds,
			promote_first: false
		};
		const send = (headers: KeyHeader) => ask(api.POST('/scenarios/train-model', { body, headers }));
		return (await this.#once.send(body, send)).run_id;
	}
}
