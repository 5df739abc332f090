import type en from '../en/home';
import type { Like } from '../index.svelte';

export default {
	'home.start': 'С чего начнём?',
	'home.collect': 'Собрать данные',
	'home.upload': 'Загрузить файл',
	'home.upload_detail': 'CSV любого вида: формат определится сам.',
	'home.train': 'Обучить модель',
	'home.try': 'Испытать модель',
	'home.runs': 'Последние запуски',
	'home.no_runs': 'Пока ничего не запускалось',
	'home.no_runs_detail': 'Соберите данные и обучите на них модель. Каждый запуск будет виден здесь.',
	'home.models': 'Последние модели',
	'home.services': 'Службы'
} satisfies Like<typeof en>;
