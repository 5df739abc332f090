import type en from '../en/history';
import type { Like } from '../index.svelte';

export default {
	'history.title': 'История',
	'history.views': 'Разделы истории',
	'history.scenarios': 'Запуски сценариев',
	'history.predictions': 'Предсказания',
	'history.none': 'Пока ничего не сделано',
	'history.none_detail':
		'Соберите данные, обучите модель, спросите её — каждый шаг запишется здесь со входом и исходом.',
	'history.none_fit': 'Под этот отбор ничего не подходит.',
	'history.scenario': 'Сценарий',
	'history.person': 'Кто',
	'history.started': 'Когда',
	'history.took': 'Заняло',
	'history.outcome': 'Исход',
	'history.any_scenario': 'Любой сценарий',
	'history.any_outcome': 'Любой исход',
	'history.inputs': 'Вход',
	'history.result': 'Результат',
	'history.again': 'Запустить снова',
	'history.again_started': 'Запущено снова',
	'history.open': 'Показать вход и результат',
	'history.timeline': 'Последние запуски во времени: {n}',
	'history.model': 'Модель',
	'history.rows': 'Строк',
	'history.price': 'Цена',
	'history.protocol': 'Протокол',
	'history.answer': 'Ответ',
	'history.older': 'Раньше',
	'history.newest': 'Новейшие',
	'history.no_predictions': 'Предсказаний пока нет',
	'history.no_predictions_detail': 'Спросите модель здесь или из программы; каждый ответ сохраняется.',
	'history.truncated': 'Сохранено только начало.',
	'history.see_run': 'Запуск #{id}',
	'history.see_model': 'Модель #{id}',
	'history.see_dataset': 'Набор #{id}'
} satisfies Like<typeof en>;
