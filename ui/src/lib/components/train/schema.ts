/** A family's hyperparameters as a form: from their JSON Schema to fields, and from what was typed to values. */

export interface Field {
	name: string;
	kind: 'integer' | 'number' | 'boolean' | 'choice' | 'mixed';
	help: string;
	initial: Value;
	/** Whether there may be no value at all. */
	nullable: boolean;
	words: readonly string[];
	least?: number;
	most?: number;
	/** Whether `least` itself is not allowed. */
	aboveLeast: boolean;
}
export type Value = string | number | boolean | null;

interface Schema {
	type?: string;
	enum?: unknown[];
	const?: unknown;
	anyOf?: Schema[];
	default?: unknown;
	description?: string;
	minimum?: number;
	maximum?: number;
	exclusiveMinimum?: number;
	properties?: Record<string, Schema>;
}

export function fieldsOf(schema: Record<string, unknown>): Field[] {
	return Object.entries((schema as Schema).properties ?? {}).map(([name, one]) => fieldOf(name, one));
}

function fieldOf(name: string, schema: Schema): Field {
	const parts = schema.anyOf ?? [schema];
	const words = parts
		.flatMap((one) => [...(one.enum ?? []), ...(one.const === undefined ? [] : [one.const])])
		.map(String);
	const number = parts.find((one) => one.type === 'integer' || one.type === 'number');
	return {
		name,
		kind: kindOf(parts, words.length > 0, number?.type),
		help: (schema.description ?? '').replaceAll('`', ''),
		initial: (schema.default ?? null) as Value,
		nullable: parts.some((one) => one.type === 'null'),
		words,
		least: number?.minimum ?? number?.exclusiveMinimum,
		most: number?.maximum,
		aboveLeast: number?.exclusiveMinimum !== undefined
	};
}

function kindOf(parts: readonly Schema[], hasWords: boolean, number: string | undefined): Field['kind'] {
	if (parts.some((one) => one.type === 'boolean')) return 'boolean';
	if (hasWords) return number ? 'mixed' : 'choice';
	return number === 'integer' ? 'integer' : 'number';
}

/** What was typed as a value; undefined where it is none. */
export function parse(field: Field, typed: string): Value | undefined {
	const text = typed.trim();
	if (text === '') return field.nullable ? null : undefined;
	if (field.words.includes(text)) return text;
	if (field.kind === 'choice') return undefined;
	const number = Number(text.replace(',', '.'));
	if (!Number.isFinite(number) || (field.kind === 'integer' && !Number.isInteger(number))) return undefined;
	const { least, most, aboveLeast } = field;
	if (least !== undefined && (aboveLeast ? number <= least : number < least)) return undefined;
	if (most !== undefined && number > most) return undefined;
	return number;
}

/** How a value stands in its field. */
export function written(value: Value): string {
	return value === null ? '' : String(value);
}
