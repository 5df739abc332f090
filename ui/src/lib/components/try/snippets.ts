/** The call that does the same as the form, for programs. */
import type { Cell } from '$lib/api/predict';
import type { SignatureColumn } from '$lib/components/model/summary';

export interface Call {
	/** Where the web master is reached from outside. */
	address: string;
	model: string;
	version: string;
	columns: readonly SignatureColumn[];
	row: Record<string, Cell>;
	/** Whether whoever asks has to say who they are; an empty token would be refused. */
	signed: boolean;
}

const shell = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
const TOKEN = '"Authorization: Bearer $KOLBA_TOKEN"';
const token = ({ signed }: Call, indent = '  ') => (signed ? [`${indent}-H ${TOKEN} \\`] : []);
const target = ({ model, version }: Call) => encodeURIComponent(`${model}@${version}`);

export function curl(call: Call): string {
	return [
		`curl -X POST ${shell(`${call.address}/predict/${target(call)}`)} \\`,
		`  -H 'Content-Type: application/json' \\`,
		...token(call),
		`  -d ${shell(JSON.stringify({ rows: [call.row] }))}`
	].join('\n');
}

export function python(call: Call): string {
	return [
		'import json',
		...(call.signed ? ['import os'] : []),
		'import urllib.request',
		'',
		`rows = [${pythonValue(call.row)}]`,
		'request = urllib.request.Request(',
		`    ${JSON.stringify(`${call.address}/predict/${target(call)}`)},`,
		'    data=json.dumps({"rows": rows}).encode(),',
		'    headers={',
		'        "Content-Type": "application/json",',
		...(call.signed ? ['        "Authorization": f"Bearer {os.environ[\'KOLBA_TOKEN\']}",'] : []),
		'    },',
		')',
		'with urllib.request.urlopen(request) as response:',
		'    print(json.load(response)["predictions"])'
	].join('\n');
}

/** In the Open Inference Protocol, which other servers speak, too: every column, and null where nothing is known. */
export function v2(call: Call): string {
	const inputs = call.columns.map((column) => ({
		name: column.name,
		datatype: datatype(column),
		shape: [1, 1],
		data: [call.row[column.name] ?? null]
	}));
	const path = `/v2/models/${encodeURIComponent(call.model)}/versions/${encodeURIComponent(call.version)}/infer`;
	return [
		`curl -X POST ${shell(call.address + path)} \\`,
		`  -H 'Content-Type: application/json' \\`,
		...token(call),
		`  -d ${shell(JSON.stringify({ inputs }))}`
	].join('\n');
}

function datatype(column: SignatureColumn): string {
	if (column.boolean) return 'BOOL';
	return column.kind === 'categorical' ? 'BYTES' : 'FP64';
}

/** What the drawing is called, where it has been saved. */
export const PICTURE = 'digit.png';

export function pictureCurl(call: Call): string {
	return [
		`curl -X POST ${shell(`${call.address}/predict/${target(call)}`)} \\`,
		`  -H 'Content-Type: image/png' \\`,
		...token(call),
		`  --data-binary @${PICTURE}`
	].join('\n');
}

export function picturePython(call: Call): string {
	return [
		'import json',
		...(call.signed ? ['import os'] : []),
		'import pathlib',
		'import urllib.request',
		'',
		'request = urllib.request.Request(',
		`    ${JSON.stringify(`${call.address}/predict/${target(call)}`)},`,
		`    data=pathlib.Path(${JSON.stringify(PICTURE)}).read_bytes(),`,
		'    headers={',
		'        "Content-Type": "image/png",',
		...(call.signed ? ['        "Authorization": f"Bearer {os.environ[\'KOLBA_TOKEN\']}",'] : []),
		'    },',
		')',
		'with urllib.request.urlopen(request) as response:',
		'    print(json.load(response)["predictions"])'
	].join('\n');
}

/** In the Open Inference Protocol: the file's bytes in base64. */
export function pictureV2(call: Call): string {
	const name = JSON.stringify(call.columns[0]?.name ?? 'image');
	const path = `/v2/models/${encodeURIComponent(call.model)}/versions/${encodeURIComponent(call.version)}/infer`;
	return [
		`base64 -w 0 ${PICTURE} |`,
		`  sed 's|.*|{"inputs": [{"name": ${name}, "datatype": "BYTES", "shape": [1], "data": ["&"]}]}|' |`,
		`  curl -X POST ${shell(call.address + path)} \\`,
		`    -H 'Content-Type: application/json' \\`,
		...token(call, '    '),
		`    --data-binary @-`
	].join('\n');
}

function pythonValue(row: Record<string, Cell>): string {
	const cells = Object.entries(row).map(([name, value]) => {
		const shown =
			value === null ? 'None' : value === true ? 'True' : value === false ? 'False' : JSON.stringify(value);
		return `${JSON.stringify(name)}: ${shown}`;
	});
	return `{${cells.join(', ')}}`;
}
