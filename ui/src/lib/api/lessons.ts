/** Training and fine-tuning of the network for digits, with the services' own choices. */
import { api, ask } from './client';

/** The run's id. Throws a `Problem`. */
export async function startTraining(): Promise<number> {
	return (await ask(api.POST('/train'))).run_id;
}

/** The run's id. Throws a `Problem`. */
export async function startFineTuning(): Promise<number> {
	return (await ask(api.POST('/fine-tune'))).run_id;
}
