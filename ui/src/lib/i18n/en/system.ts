export default {
	'system.title': 'System',
	'system.about': 'Every service, how quickly it answers, and what waits to be done.',
	'system.service': 'Service',
	'system.state': 'State',
	'system.latency': 'Answers in',
	'system.version': 'Version',
	'system.detail': 'Says',
	'system.queue': 'Queue',
	'system.waiting': 'Waiting',
	'system.running': 'Running',
	'system.succeeded': 'Succeeded',
	'system.failed': 'Failed',
	'system.workers': 'Workers at work',
	'system.no_workers': 'No run is being worked on.',
	'system.trend': 'The last answers, in milliseconds'
} as const;
