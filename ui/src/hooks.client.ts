import type { HandleClientError } from '@sveltejs/kit';

/** The error page says what happened; the console has the rest. */
export const handleError: HandleClientError = ({ error, message }) => {
	console.error(error);
	return { message: error instanceof Error ? error.message : message };
};
