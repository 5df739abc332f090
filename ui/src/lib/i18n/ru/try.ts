import type en from '../en/try';
import type { Like } from '../index.svelte';

export default {
	'try.title': 'Испытать модель',
	'try.none': 'Пока некого спрашивать',
	'try.none_detail': 'Сначала обучите модель. Со значениями по умолчанию это минута.',
	'try.model': 'Модель',
	'try.form': 'Одна строка',
	'try.csv': 'Несколько строк (CSV)',
	'try.how': 'Как спросить',
	'try.ask': 'Предсказать',
	'try.missing': 'неизвестно',
	'try.example': 'Заполнить примером',
	'try.clear': 'Очистить',
	'try.csv_label': 'Строки с заголовком',
	'try.answer': 'Ответ',
	'try.waiting': 'Заполните форму и нажмите «Предсказать». Пустое считается неизвестным.',
	'try.row': 'Строка',
	'try.code': 'То же из программы',
	'try.code_detail': 'Копируйте как есть. Там, где Kolba требует входа, подставьте свой токен.',
	'try.took': 'ответ за {time}',

	'batch.title': 'Предсказать весь набор данных',
	'batch.about': 'Исполнитель ответит на каждую строку; ответы станут новым набором данных.',
	'batch.unknown': 'Категория, которой модель не знает,',
	'batch.unknown_fail': 'завершит запуск с указанием места',
	'batch.unknown_missing': 'считается пропуском',
	'batch.name': 'Имя набора с ответами',
	'batch.start': 'Предсказать все строки'
} satisfies Like<typeof en>;
