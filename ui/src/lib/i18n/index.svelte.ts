import { recall, remember } from '$lib/state/memory';
import type en from './en';

export type Key = keyof typeof en;
/** A text; or one text for each plural form, chosen by `n`. */
export type Message = string | Partial<Record<Intl.LDMLPluralRule, string>>;
/** What a section of another language must say: everything the English one does, and nothing else. */
export type Like<Section> = Record<keyof Section, Message>;
export type Code = 'en' | 'ru';
export type Values = Record<string, string | number>;

export const LANGUAGES: readonly { code: Code; name: string }[] = [
	{ code: 'en', name: 'English' },
	{ code: 'ru', name: 'Русский' }
];
const CATALOGUES: Record<Code, () => Promise<{ default: Record<Key, Message> }>> = {
	en: () => import('./en'),
	ru: () => import('./ru')
};
const PLACE = /\{(\w+)\}/g;

/** The language of the page. Only the catalogue that is read is fetched. */
class Language {
	code = $state<Code>(preferred());
	#messages = $state.raw<Record<string, Message>>({});
	readonly #plurals = $derived(new Intl.PluralRules(this.code));

	/** Before the first page is drawn. */
	async start(): Promise<void> {
		await this.#use(this.code);
	}

	async choose(code: Code): Promise<void> {
		remember('language', code);
		await this.#use(code);
	}

	text(key: Key, values: Values = {}): string {
		const message = this.#messages[key] ?? key;
		const n = Number(values.n ?? 0);
		const chosen =
			typeof message === 'string' ? message : (message[this.#plurals.select(n)] ?? message.other ?? key);
		return chosen.replace(PLACE, (place, name: string) => {
			const value = values[name];
			if (value === undefined) return place;
			return typeof value === 'number' ? new Intl.NumberFormat(this.code).format(value) : value;
		});
	}

	/** The message `group.word`; a word that the catalogue does not know stays as it is. */
	word(group: string, word: string): string {
		const message = this.#messages[`${group}.${word}`];
		return typeof message === 'string' ? message : word;
	}

	async #use(code: Code): Promise<void> {
		this.#messages = (await CATALOGUES[code]()).default;
		this.code = code;
		document.documentElement.lang = code;
	}
}

function isCode(word: string): word is Code {
	return word === 'en' || word === 'ru';
}

/** What the person chose; or the first of the browser's languages that there is. */
function preferred(): Code {
	const kept = recall('language') ?? '';
	return isCode(kept) ? kept : (navigator.languages.map((one) => one.slice(0, 2)).find(isCode) ?? 'en');
}

export const language = new Language();
/** The text of a key in the present language. */
export const t = (key: Key, values?: Values): string => language.text(key, values);
