import type en from '../en/digits';
import type { Like } from '../index.svelte';

export default {
	'pad.label': 'Лист для рисования',
	'pad.empty': 'ничего не нарисовано',
	'pad.strokes': {
		one: '{n} штрих',
		few: '{n} штриха',
		many: '{n} штрихов',
		other: '{n} штриха'
	},
	'pad.hint': 'Рисуйте здесь или перетащите картинку',
	'pad.hint_digit': 'Нарисуйте цифру от 0 до 9 или перетащите картинку с ней',
	'pad.clear': 'Стереть',
	'pad.undo': 'Отменить',
	'pad.undo_keys': 'Отменить (Ctrl+Z)',
	'pad.redo': 'Вернуть',
	'pad.redo_keys': 'Вернуть (Ctrl+Shift+Z)',
	'pad.choose': 'Из файла',
	'pad.about':
		'Рисуйте мышью, пальцем или пером. Или выберите файл с картинкой, перетащите его сюда либо вставьте: Ctrl+V. Ctrl+Z убирает последний штрих.',
	'pad.too_large': 'Картинка слишком велика: не больше 4 МиБ и 4096 точек по стороне.',
	'pad.not_a_picture': 'Эту картинку не прочесть. PNG и JPEG читаются всегда.',

	'picture.board': 'Нарисуйте и увидите ответ',
	'picture.sure': 'уверенность {share}',
	'picture.said': 'Ответ: {label}, уверенность {share}.',
	'picture.probabilities': 'Насколько вероятен каждый ответ',
	'picture.empty': 'Пока ничего не нарисовано. Начните рисовать, и здесь появится ответ.',
	'picture.asking': 'Смотрит…',
	'picture.press': 'Нажмите «Предсказать».',
	'picture.live': 'по ходу рисования',
	'picture.live_off':
		'Каждый ответ оплачивается, поэтому вопрос задаётся только по кнопке «Предсказать». Включите «по ходу рисования», чтобы получать ответ на каждый штрих.',
	'picture.live_costs': 'Каждый штрих — хотя бы один вопрос, и каждый ответ оплачивается.',
	'picture.this_was': 'Это была цифра…',
	'picture.this_was_detail': 'Нажмите верную: на ваших рисунках модель учится.',
	'picture.agree': 'Это {label}, как и говорит модель',
	'picture.was': 'Это {label}',
	'picture.thanks': 'Спасибо, сохранено как {label}.',
	'picture.your_count': {
		one: 'От вас уже {n} рисунок.',
		few: 'От вас уже {n} рисунка.',
		many: 'От вас уже {n} рисунков.',
		other: 'От вас уже {n} рисунка.'
	},
	'picture.next': 'Следующая',
	'picture.save': 'Сохранить рисунок',
	'picture.code_detail':
		'Сохраните рисунок и копируйте. Там, где Kolba требует входа, подставьте свой токен.',
	'picture.input': 'О чём спросили',
	'picture.of': 'Картинка {n}',
	'picture.again': 'Спросить снова',

	'nav.digits': 'Цифры',
	'digits.title': 'Цифры',
	'digits.about':
		'Сеть, которая читает почерк и доучивается на вашем: рисуйте, поправляйте, учите и смотрите, можно ли ей доверить работу.',
	'digits.card': 'Нарисовать цифру',
	'digits.card_detail':
		'Напишите от руки, посмотрите, что прочла сеть, и научите её тому, в чём она ошиблась.',
	'digits.story': 'Как она учится у вас',
	'digits.step_draw': 'Рисуйте и поправляйте',
	'digits.step_teach': 'Учите',
	'digits.step_gate': 'Проверка',
	'digits.step_live': 'В работе',
	'digits.given_n': {
		one: 'дан {n} рисунок',
		few: 'дано {n} рисунка',
		many: 'дано {n} рисунков',
		other: 'дано {n} рисунка'
	},
	'digits.given_none': 'пока ни одного',
	'digits.never_taught': 'ещё не доучивалась',
	'digits.teaching': 'учится сейчас',
	'digits.taught': 'доучена {when}',
	'digits.gate_waiting': 'пока нечего проверять',
	'digits.gate_passed': 'не хуже: пропущена',
	'digits.gate_held': 'не пропущена',

	'digits.mine': 'Что дали вы',
	'digits.everybodys': 'Что дали все',
	'digits.mine_detail': 'Хранятся только эти картинки и их цифры. На удалённых модель больше не учится.',
	'digits.none': 'Рисунков пока нет',
	'digits.none_detail': 'Нарисуйте цифру выше и нажмите ту, что имели в виду: она появится здесь.',
	'digits.more': 'Показать ещё',
	'digits.forget': 'Удалить эту цифру {label}',
	'digits.forgotten': 'Удалено',
	'digits.drawn_as': 'Нарисована цифра {label}',
	'digits.said': 'модель прочла {said}',

	'digits.teach': 'Учить',
	'digits.teach_detail':
		'Она продолжает с версии, что в работе, на рисунках всех людей вперемешку с прежними цифрами, чтобы ничего не забыть.',
	'digits.teach_none': 'Учить пока нечему: нарисуйте цифру выше и скажите, какая она.',
	'digits.teach_not_yours': 'Учит её исследователь — на рисунках всех людей.',
	'digits.teach_start': 'Учить сейчас',
	'digits.teach_again': 'Учить ещё раз',
	'digits.no_production':
		'Ни одна версия ещё не в работе. Поставьте эту: тогда проверка сможет решить, занять ли её место следующей.',
	'digits.promote_this': 'Поставить {version} в работу',
	'digits.run': 'Запуск #{id}',
	'digits.last': 'Последний урок',
	'digits.learned': {
		one: 'Училась на {n} рисунке.',
		few: 'Училась на {n} рисунках.',
		many: 'Училась на {n} рисунках.',
		other: 'Училась на {n} рисунка.'
	},
	'digits.replayed': 'В каждую эпоху подмешано прежних цифр: {n}.',
	'digits.kept_aside': {
		one: '{n} рисунок отложен, чтобы увидеть пользу.',
		few: '{n} рисунка отложены, чтобы увидеть пользу.',
		many: '{n} рисунков отложены, чтобы увидеть пользу.',
		other: '{n} рисунка отложены, чтобы увидеть пользу.'
	},
	'digits.moved': 'production указывает на {version}.',
	'digits.not_moved': 'production по-прежнему указывает на {version}.',
	'digits.report': 'Отчёт',
	'digits.compare': 'Сравнить обе',
	'digits.open_model': 'Открыть модель',

	'digits.versions': 'Версии',
	'digits.promote': 'В работу',
	'digits.roll_back': 'Вернуть прежнюю',
	'digits.parent': 'Продолжает',
	'digits.new_data': 'Доучена на',
	'digits.first_version': 'обучена с нуля',
	'digits.version_gone': 'удалённая версия',

	'digits.no_model': 'Сети для цифр пока нет',
	'digits.no_model_detail':
		'Одно нажатие скачает 70 000 цифр MNIST и обучит на них свёрточную сеть. За учёбой можно следить.',
	'digits.no_model_client': 'Сначала её должен обучить исследователь. Тогда она появится здесь.',
	'digits.train': 'Обучить',
	'digits.fetching': 'Скачиваем цифры и начинаем…',
	'digits.training': 'Она учится',
	'digits.training_detail': 'Когда закончит, здесь можно будет рисовать. Страницу можно пока закрыть.',
	'digits.failed': 'Не получилось',

	'digits.curve_loss': 'Потери',
	'digits.curve_accuracy': 'Точность',

	'gate.title': 'Проверка',
	'gate.about': 'Доученная версия занимает место прежней, только если она не хуже.',
	'gate.passed': 'Пропущена: не хуже прежней',
	'gate.worse': 'Не пропущена: стала хуже',
	'gate.few': 'Не пропущена: мало картинок, чтобы судить',
	'gate.few_detail': 'Сравнено картинок: {n}; нужно не меньше {least}.',
	'gate.in_words':
		'Будь обе одинаково хороши, столько ответов терялось бы случайно в {chance} случаях из 100 (p = {p}). Меньше {limit} из 100 — и версия не прошла бы.',
	'gate.parent': 'До',
	'gate.candidate': 'После',
	'gate.points': '{n} п. п.',
	'gate.counts': {
		one: 'Обеим показали {n} картинку, на которой не училась ни одна.',
		few: 'Обеим показали {n} картинки, на которых не училась ни одна.',
		many: 'Обеим показали {n} картинок, на которых не училась ни одна.',
		other: 'Обеим показали {n} картинки, на которых не училась ни одна.'
	},
	'gate.both': 'Верно обе',
	'gate.only_candidate': 'Верно только теперь',
	'gate.only_parent': 'Верно только прежде',
	'gate.neither': 'Неверно обе',
	'gate.new': {
		one: 'На {n} новом отложенном рисунке: прежде верно {before}, теперь {after} ({change} %).',
		few: 'На {n} новых отложенных рисунках: прежде верно {before}, теперь {after} ({change} %).',
		many: 'На {n} новых отложенных рисунках: прежде верно {before}, теперь {after} ({change} %).',
		other: 'На {n} новых отложенных рисунках: прежде верно {before}, теперь {after} ({change} %).'
	},
	'gate.because_promoted': 'production переведён на неё.',
	'gate.because_worse': 'production оставлен на месте.',
	'gate.because_too_few_images': 'production оставлен на месте.',
	'gate.because_not_asked': 'production оставлен на месте, как и просили.',
	'gate.because_not_production': 'production оставлен на месте: он указывал не на прежнюю версию.',
	'gate.because_other_name': 'production оставлен на месте: у новой версии другое имя.'
} satisfies Like<typeof en>;
