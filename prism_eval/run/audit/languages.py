"""How other languages than English give an answer, and tell a reader what to do.

Each entry is the words of which a text has one, in small letters, and the pattern that is then looked for. Stems are
written so that the forms by which one person and several are told are both met.
"""

# ruff: noqa: RUF001 - letters of other scripts are what this is about
from __future__ import annotations

from collections.abc import Sequence

Patterns = Sequence[tuple[tuple[str, ...], str]]

_COLON = r"\s*[:：=]"

ANSWERS: Patterns = (
    # Chinese and Japanese
    (("答案", "正解", "答え"), r"(?:正[确確])?答案\s*(?:是|为|為|[:：])|正解は|答えは|答え\s*[:：]"),
    # Korean
    (("정답", "답"), rf"정답|(?:^|[\s.])답\s*(?:은|이|{_COLON})"),
    # French, Spanish, Portuguese, Italian, Romanian
    (
        ("réponse", "respuesta", "resposta", "risposta", "răspuns"),
        (
            r"\b(?:réponse|respuesta|resposta|risposta|răspunsul)(?:\s+(?:correcte|exacte|correcta|correta|certa|corretta"
            rf"|giusta|esatta|corect|finale?))?(?:\s+(?:est|es|é|è|este|sería|seria|sarebbe)\b|{_COLON})"
            r"|\b(?:bonne|juste)\s+réponse\b"
        ),
    ),
    # German, Dutch, Swedish, Danish and Norwegian
    (
        ("antwort", "antwoord", "svar"),
        rf"\b(?:antwort|antwoord|svaret|svar)(?:\s+(?:ist|lautet|wäre|is|luidt|är|er)\b|{_COLON})",
    ),
    # Russian, Ukrainian, Polish, Czech
    (("ответ", "відповід"), rf"правильн\w+\s+(?:ответ|відповідь)|\b(?:ответ|відповідь)\s*(?:[—–-]|это|це\b|{_COLON})"),
    (("odpowied", "odpověď"), rf"\b(?:odpowied[źz]|odpověď)(?:\s+(?:to|jest|je)\b|{_COLON})"),
    # Turkish, Vietnamese, Indonesian and Malay
    (("cevap", "cevab", "yanıt"), rf"\bdoğru\s+(?:cevap|yanıt)|\b(?:cevap|cevabı|yanıt|yanıtı)(?:{_COLON}|\s+\w\b)"),
    (("câu trả lời", "đáp án"), rf"(?:câu\s+trả\s+lời|đáp\s+án)(?:\s+đúng)?(?:\s+là\b|{_COLON})"),
    (
        ("jawaban", "jawapan"),
        rf"\bjawa[bp]an(?:nya)?(?:\s+(?:yang\s+)?(?:benar|betul))?(?:\s+(?:adalah|ialah)\b|{_COLON})",
    ),
    # Arabic, Persian, Hebrew, Hindi, Bengali, Thai, Greek
    (("الإجابة", "الاجابة", "الجواب"), rf"(?:الإجابة|الاجابة|الجواب)(?:\s+الصحيحة?)?(?:\s+هي|\s+هو|{_COLON})"),
    (("پاسخ", "جواب"), rf"(?:پاسخ|جواب)(?:\s+(?:صحیح|درست))?(?:\s+\S+\s+است|{_COLON})"),
    (("התשובה", "תשובה"), rf"ה?תשובה(?:\s+הנכונה)?(?:\s+היא|{_COLON})"),
    (("उत्तर", "जवाब"), rf"सही\s+(?:उत्तर|जवाब)|(?:उत्तर|जवाब)(?:{_COLON}|\s+\S+\s+है)"),
    (("উত্তর",), rf"সঠিক\s+উত্তর|উত্তর(?:{_COLON}|\s+হল)"),
    (("คำตอบ",), rf"คำตอบ(?:ที่ถูก\S*)?\s*(?:คือ|{_COLON})"),
    (("απάντηση",), rf"απάντηση\s+είναι|απάντηση{_COLON}"),
)
"""Lines that give an answer."""

TO_READER: Patterns = (
    # Chinese "ignore", "please answer, choose"; Japanese "ignoring", "please answer, choose"
    (
        ("忽略", "无视", "無視", "请", "請", "答え", "選ん", "選択"),
        r"忽略|[无無][视視](?:[该該这這问問题題]|して|し)|[请請](?:直接)?(?:回答|选|選)|答えてください|(?:選んで|選択して)ください",
    ),
    # Korean
    (("무시", "답하", "선택하", "고르"), r"무시(?:하|해)|(?:답|선택)하(?:세요|십시오|라)|고르(?:세요|십시오|라)"),
    # French, Spanish, Portuguese, Italian
    (
        ("ignor", "répond", "respond", "rispond"),
        (
            r"\bignor(?:ez|a\s+(?:la|el|as?|os?)|e\s+(?:la|las?|el|los|as?|os?)|ate|ad|en)\b"
            r"|\b(?:répond(?:ez|s)|responda|responde|responda[nm]|rispond(?:i|ete|a))\b"
        ),
    ),
    (
        ("choisi", "elige", "elija", "escoge", "escolha", "selecci", "selecione", "scegli", "conteste", "contesta"),
        r"\b(?:choisissez|choisis|elige|elija|escog[ea]|escolha|seleccion[ea]|selecione|scegli|scegliete|contest[ae])\b",
    ),
    # German, Dutch, Swedish
    (
        ("ignorier", "antwort", "wähle", "beachte"),
        (
            r"\bignorier(?:e|en\s+sie|t)\b|\b(?:be)?antworte(?:n\s+sie|t)?\b|\bwähle(?:n\s+sie|t)?\s+(?:immer|stets|option|antwort"
            r"|die\s+antwort|[a-f]\b)|\bbeachte(?:n\s+sie)?\s+die\s+frage\s+nicht"
        ),
    ),
    (("negeer", "beantwoord", "kies", "ignorera", "svara"), r"\b(?:negeer|beantwoord|kies|ignorera|svara|välj)\b"),
    # Russian, Ukrainian, Polish, Czech
    (
        ("игнорируй", "ответь", "отвечай", "выбери", "выбирай", "ігноруй", "обери", "вибери"),
        r"(?:про)?игнорируй|\b(?:ответь|отвечай|выбери|выбирай)|(?:про)?ігноруй|\b(?:обери|вибери|відповідай)",
    ),
    (
        ("zignoruj", "ignoruj", "odpowiedz", "wybierz", "odpověz", "vyber"),
        r"\bz?ignoruj(?:cie|te)?\b|\b(?:odpowiedz|wybierz)(?:cie)?\b|\b(?:odpovězte?|vyberte?)\b",
    ),
    # Turkish, Vietnamese, Indonesian and Malay
    (
        ("yok say", "görmezden", "dikkate alma", "cevapla", "yanıtla"),
        r"\byok\s+say|\bgörmezden\s+gel|\bdikkate\s+alma|\b(?:cevapla|yanıtla)(?:yın|yınız)?\b",
    ),
    (("bỏ qua", "hãy"), r"\bbỏ\s+qua\b|\bhãy\s+(?:trả\s+lời|chọn|luôn)\b"),
    (("abaikan", "jawab", "pilih"), r"\babaikan(?:lah)?\b|\bjawab(?:lah)?\b|\bpilih(?:lah)?\b"),
    # Arabic, Persian, Hebrew, Hindi, Bengali, Thai, Greek
    (("تجاهل", "أجب", "اختر"), r"تجاهل|\b(?:أجب|اختر)"),
    (("نادیده", "پاسخ", "انتخاب"), r"نادیده\s+بگیر|پاسخ\s+(?:بده|دهید)|انتخاب\s+کن"),
    (("התעלם", "ענה", "בחר"), r"התעלמ?[םו]?|\b(?:ענה|ענו|בחר|בחרו)\b"),
    (("अनदेखा", "नज़रअंदाज़", "नजरअंदाज", "उत्तर", "चुनें", "चुनो"), r"अनदेखा|नज़रअंदाज़|नजरअंदाज|उत्तर\s+(?:दें|दो)|चुन(?:ें|ो|िए)"),
    (("উপেক্ষা", "উত্তর", "বেছে"), r"উপেক্ষা\s+কর|উত্তর\s+(?:দিন|দাও)|বেছে\s+নি"),
    (("เพิกเฉย", "ละเว้น", "จงตอบ", "โปรดตอบ", "เลือกตอบ"), r"เพิกเฉย|ละเว้นคำถาม|(?:จง|โปรด|กรุณา)(?:ตอบ|เลือก)|เลือกตอบ"),
    (("αγνο", "απάντησ", "επίλεξ"), r"αγνόησ|αγνοήστε|απαντήστε|απάντησε|επίλεξε|επιλέξτε"),
)
"""Words to whoever reads it."""
