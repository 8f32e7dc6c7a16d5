"""What each class of failure means to people: what happened, who mends it, what to press. Russian and English.

The key is the error class of a delivery (the names of connectors.errors, BadValue, Field), or class:code where a code says more.
"""

from __future__ import annotations

from dataclasses import dataclass

from hub.language import N_, Speech
from hub.storage.states import UNAUTHORIZED

Pair = tuple[str, str]  # Russian, English


@dataclass(frozen=True, slots=True)
class Advice:
    """``what`` happened, ``who`` mends it, what to ``press`` then. ``itself``: it goes on without anybody."""

    what: Pair
    who: Pair
    press: Pair
    itself: bool = False

    def texts(self, language: str) -> tuple[str, str, str]:
        """(what, who, press) in ``ru`` or ``en``."""
        index = 0 if language == "ru" else 1
        return self.what[index], self.who[index], self.press[index]


NOBODY: Pair = ("Делать ничего не нужно", "Nothing to do")
SHOP: Pair = ("Сотрудник магазина или поддержка", "The shop's staff or support")
ADMIN: Pair = ("Администратор", "An administrator")

CLASSES: dict[str, Advice] = {
    "Rejected": Advice(
        ("Система поняла запись и отказалась её принять", "The system understood the record and refused it"),
        SHOP,
        ("Исправьте названное поле там, где его вводят; запись уйдёт сама. Если правки не нужно — «Повторить»", "Mend the named field where it is typed: the record goes by itself. If nothing needs mending, press Replay"),
    ),
    "BadValue:sku_unknown": Advice(
        ("В этой системе нет товара с таким артикулом", "The system has no goods with this SKU"),
        SHOP,
        ("Заведите товар с этим артикулом или исправьте артикул, затем «Повторить»", "Add the goods with this SKU, or mend the SKU, then press Replay"),
    ),
    "BadValue:stand_in_missing": Advice(
        ("Система требует покупателя, его нет, и никто в ней не значит «никто»", "The system requires a customer, there is none, and nobody there means nobody"),
        SHOP,
        ("Заведите там покупателя с именем из stand_ins в config.yaml, обычно «Розничный покупатель»: доставки уйдут сами", "Make a customer there with the name that stand_ins in config.yaml gives, commonly «Розничный покупатель»: the deliveries go by themselves"),
    ),
    "Exists": Advice(
        ("В системе уже есть клиент с таким телефоном, почтой или картой, и похоже, что это другой человек", "The system has a customer with this phone, e-mail or card already, and it seems to be somebody else"),
        SHOP,
        ("Решите на странице «Дубли», один ли это человек. Если нет, исправьте телефон или карту у того, кому они не принадлежат: запись уйдёт сама", "Decide on the page Duplicates whether they are one person. If not, mend the phone or card of the one whose it is not: the record goes by itself"),
    ),
    "BadValue": Advice(
        ("Значение нельзя записать в эту систему", "The value cannot be written to this system"),
        SHOP,
        ("Исправьте значение там, где его вводят, или дополните справочник, затем «Повторить»", "Mend the value where it is typed, or extend the directory, then press Replay"),
    ),
    "BadValue:directory_no_twin": Advice(
        ("В этой системе нет слова для значения справочника", "The system has no word for a value of a directory"),
        SHOP,
        ("Сопоставьте значение этой системы на странице «Справочники»: доставки уйдут сами", "Map the system's word on the page Directories: the deliveries go by themselves"),
    ),
    "Field:directory_unknown": Advice(
        ("Значение справочника никто не сопоставил: поле ждёт, остальная запись передаётся", "Nobody has mapped a value of a directory: the field waits, the rest of the record flows"),
        SHOP,
        ("Сопоставьте его на странице «Справочники»: всё, что ждало, пойдёт дальше само", "Map it on the page Directories: all that waited goes on by itself"),
    ),
    "Field:total_differs": Advice(
        ("Итог заказа не сходится со строками, и округлением этого не объяснить", "An order's total does not match its lines, and no rounding explains it"),
        SHOP,
        ("Откройте заказ: там разница по строкам. Исправьте цену, скидку или итог в системе, которая названа", "Open the order: the difference stands there line by line. Mend price, discount or total in the system that is named"),
    ),
    "Unavailable": Advice(
        ("Система не отвечает", "The system does not answer"),
        NOBODY,
        ("Повторы идут сами, попытки не тратятся", "Retries go on by themselves and use up no attempts"),
        itself=True,
    ),
    "Unknown": Advice(
        ("Запрос ушёл, ответ потерялся", "The request left and its answer was lost"),
        NOBODY,
        ("Хаб сам проверяет, было ли записано, и ничего не пишет дважды", "The hub looks up whether it was written, and writes nothing twice"),
        itself=True,
    ),
    "Unknown:escaped": Advice(
        ("Сбой в коде коннектора этой системы: запрос мог уйти, а мог и не уйти", "The code of this system's connector failed: the request may have left, or not"),
        ADMIN,
        ("Передайте текст ошибки и запись тому, кто сопровождает коннектор; подробности в журнале, событие write.escaped. Хаб проверяет, было ли записано, ничего не пишет дважды и пробует снова, с каждым разом реже; остальные записи идут своим чередом", "Give the text of the error and the record to whoever maintains the connector; the log has more under write.escaped. The hub looks up whether it was written, writes nothing twice, and tries again, each time later; other records go on"),
    ),
    "Unavailable:escaped": Advice(
        ("Сбой в коде коннектора этой системы: запись не удалось прочитать, и ничего не записано", "The code of this system's connector failed: the object could not be read, and nothing was written"),
        ADMIN,
        ("Передайте текст ошибки и запись тому, кто сопровождает коннектор; подробности в журнале. Хаб пробует снова, с каждым разом реже; остальные записи идут своим чередом", "Give the text of the error and the record to whoever maintains the connector; the log has more. The hub tries again, each time later; other records go on"),
    ),
    "Unknown:create_lost": Advice(
        ("Ответ потерялся, и по спискам этой системы не видно, выполнен ли запрос", "The answer was lost, and no list of the system shows whether the request was carried out"),
        SHOP,
        ("Найдите документ в кабинете этой системы: если он там есть, впишите его номер на странице записи («Найдено»), если нет — «Не выполнено»", "Look for the document in the system's own pages: if it is there, type its number on the page of the record (Found), if not, press Not done"),
    ),
    "Foreign:posted_elsewhere": Advice(
        ("Эти же чеки проводит в программе кто-то ещё: хаб здесь ничего не проводит, пока человек не решил", "Somebody else posts these very receipts: the hub posts nothing here before a person has decided"),
        ADMIN,
        ("Решите, кто проводит: вопрос стоит вверху страницы «Проблемы» и в sverka brake list. Второго выключите", "Decide who posts: the question stands on top of Problems and in sverka brake list. Switch the other one off"),
    ),
    "Unauthorized": Advice(
        ("Система не принимает ключ", "The system refuses the credentials"),
        ADMIN,
        ("Замените ключ, затем «Проверить» на странице систем или sverka check: доставка продолжится без потерь", "Replace the credentials, then press Check on the systems page or run sverka check: nothing is lost"),
    ),
    "Missing": Advice(
        ("Объекта в этой системе больше нет", "The object is not in this system any more"),
        SHOP,
        ("Если его удалили по ошибке, восстановите его там", "If it was deleted by mistake, restore it there"),
    ),
    "Settled": Advice(
        ("Система больше не даёт менять этот документ", "The system will never let this document change"),
        NOBODY,
        ("Это окончательное состояние, а не ошибка", "This is a final state and not a failure"),
        itself=True,
    ),
    "Gap": Advice(
        ("Восстановлена резервная копия: это событие могло быть передано до восстановления", "A backup was restored: this fact may have been passed on before that"),
        SHOP,
        ("Посмотрите, есть ли оно в этой системе: если нет — «Повторить», если есть — «Пропустить»", "See whether the system has it: if not, press Replay; if it has, press Skip"),
    ),
    "Field": Advice(
        ("Значение поля не понято: поле ждёт, остальная запись передаётся", "A field's value was not understood: the field waits, the rest of the record flows"),
        SHOP,
        ("Исправьте значение там, где его ввели, или впишите его в справочник", "Mend the value where it was typed, or add it to the directory"),
    ),
}  # fmt: skip

OTHER = Advice(
    ("Доставка не удалась", "The delivery failed"),
    ADMIN,
    ("Прочитайте текст ошибки; после исправления — «Повторить»", "Read the text of the error; when it is mended, press Replay"),
)


def advice(error_class: str, code: str = "") -> Advice:
    """What to tell people of a failure; the more particular text wins."""
    return CLASSES.get(f"{error_class}:{code}") or CLASSES.get(error_class) or OTHER


def pause_of(say: Speech, reason: str) -> str:
    """Why a system is paused, in the reader's words; a person's own reason, and a vendor's, as it is."""
    if not reason.startswith(UNAUTHORIZED):
        return say.own(reason)
    return say(N_("the key is not taken: %(text)s"), text=say.own(reason.removeprefix(UNAUTHORIZED)).rstrip("."))
