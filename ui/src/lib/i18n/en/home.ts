export default {
	'home.start': 'What would you like to do?',
	'home.collect': 'Collect data',
	'home.upload': 'Upload a file',
	'home.upload_detail': 'CSV, of any dialect: the format is found out.',
	'home.train': 'Train a model',
	'home.try': 'Try a model',
	'home.runs': 'Latest runs',
	'home.no_runs': 'Nothing has run yet',
	'home.no_runs_detail': 'Collect a data set, then train a model on it. Each run appears here as it goes.',
	'home.models': 'Latest models',
	'home.services': 'Services'
} as const;
