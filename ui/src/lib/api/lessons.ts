/** Training and fine-tuning of the network for digits, with the services' own choices. */
import { api, ask } from './client';
import type { Once } from './once';

/** The run's id. `once`: the form's own, so that a second press starts no second run. Throws a `Problem`. */
export async function startTraining(once: Once): Promise<number> {
	return (await once.send('/train', (headers) => ask(api.POST('/train', { headers })))).run_id;
}

/** As `startTraining`. */
export async function startFineTuning(once: Once): Promise<number> {
	return (await once.send('/fine-tune', (headers) => ask(api.POST('/fine-tune', { headers })))).run_id;
}
