import type en from '../en/system';
import type { Like } from '../index.svelte';

export default {
	'system.title': 'Система',
	'system.about': 'Каждая служба, как быстро она отвечает и что ждёт своей очереди.',
	'system.service': 'Служба',
	'system.state': 'Состояние',
	'system.latency': 'Отвечает за',
	'system.version': 'Версия',
	'system.detail': 'Говорит',
	'system.queue': 'Очередь',
	'system.waiting': 'Ждут',
	'system.running': 'Идут',
	'system.succeeded': 'Успешных',
	'system.failed': 'Неудачных',
	'system.workers': 'Исполнители за работой',
	'system.no_workers': 'Сейчас ничего не выполняется.',
	'system.trend': 'Последние ответы, в миллисекундах'
} satisfies Like<typeof en>;
