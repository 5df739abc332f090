/** Copying, also over plain HTTP, where browsers keep the clipboard from pages. */

/** Whether it is in the clipboard; where not, `from` is selected, for the person to copy it. */
export async function copyText(text: string, from: HTMLElement | undefined): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		// Not offered here, or not allowed: then the old way.
	}
	if (!from) return false;
	const selection = getSelection();
	selection?.selectAllChildren(from);
	// Deprecated, but the only way there is over plain HTTP.
	return document.execCommand('copy');
}
