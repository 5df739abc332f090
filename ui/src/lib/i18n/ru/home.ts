import type en from '../en/home';
import type { Like } from '../index.svelte';

export default {
	'home.title': 'Главная',
	'home.start': 'С чего начнём?',
	'home.collect': 'Собрать данные',
	'home.collect_detail': 'Из источника — в набор данных с версиями.',
	'home.upload': 'Загрузить файл',
	'home.upload_detail': 'CSV любого вида: формат определится сам.',
	'home.train': 'Обучить модель',
	'home.train_detail': 'Выберите данные и семейство и смотрите, как она учится.',
	'home.try': 'Испытать модель',
	'home.try_detail': 'Заполните форму и узнайте, насколько она уверена.',
	'home.predict': 'Ответить на весь набор',
	'home.predict_detail': 'Каждой строке — предсказание; ответы станут данными.',
	'home.report': 'Составить отчёт',
	'home.report_detail': 'Цифры и графики, за которые не стыдно: HTML, PDF, LaTeX.',
	'home.runs': 'Последние запуски',
	'home.no_runs': 'Пока ничего не запускалось',
	'home.no_runs_detail': 'Соберите данные и обучите на них модель. Каждый запуск будет виден здесь.',
	'home.models': 'Последние модели',
	'home.services': 'Службы',
	'home.steps': 'От данных до отчёта',
	'home.step_data': 'Получите данные',
	'home.step_model': 'Обучите на них модель',
	'home.step_try': 'Спросите её о чём-нибудь',
	'home.by': '{person}'
} satisfies Like<typeof en>;
