/** Short names for what the API speaks of. */
import type { components } from './schema';

type Schemas = components['schemas'];
export type Dataset = Schemas['Dataset'];
export type Column = Schemas['Column'];
export type ColumnProfile = Schemas['ColumnProfile'];
export type Profile = Schemas['Profile'];
export type Preview = Schemas['Preview'];
export type Model = Schemas['Model'];
export type ModelDetail = Schemas['ModelDetail'];
export type Alias = Schemas['Alias'];
export type AliasChange = Schemas['AliasChange'];
export type Run = Schemas['Run'];
export type Family = Schemas['Family'];
export type Source = Schemas['Source'];
export type JournalEntry = Schemas['JournalEntry'];
export type HistoryEntry = Schemas['HistoryEntry'];
export type Prediction = Schemas['Prediction'];
export type InferResponse = Schemas['InferResponse'];
export type Scenario = Schemas['Scenario'];
export type SystemHealth = Schemas['SystemHealth'];
export type Report = Schemas['Report'];
export type RunState = Run['state'];

export interface Page<Item> {
	items: Item[];
	total: number;
}
