/** Where storage's images are seen. The session's cookie goes with every request of the page. */
import { ROOT } from './client';

const address = (id: string, part: string, query: Record<string, string>) => {
	const words = new URLSearchParams(query).toString();
	return `${ROOT}/images/${encodeURIComponent(id)}/${part}${words ? `?${words}` : ''}`;
};

/** `owner`: whose, where an administrator looks at somebody else's. */
export const imageAt = (id: string, owner?: string): string => address(id, 'content', owner ? { owner } : {});
/** `size`: the longest side, in pixels. */
export const thumbnailAt = (id: string, size: number, owner?: string): string =>
	address(id, 'thumbnail', { size: String(size), ...(owner ? { owner } : {}) });
