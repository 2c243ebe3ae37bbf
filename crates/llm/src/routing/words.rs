// tidy: table
//! Words that tell what a request is about, in the languages most of our users write.

use crate::config::TaskKind;
use memchr::memmem::Finder;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Greetings, thanks and what surrounds them. Nothing that asks for anything.
const CHAT: &[&str] = &[
    // English
    "hi",
    "hello",
    "hey",
    "yo",
    "howdy",
    "thanks",
    "thank",
    "thx",
    "cheers",
    "bye",
    "goodbye",
    "morning",
    "evening",
    "night",
    "afternoon",
    "good",
    "great",
    "nice",
    "cool",
    "awesome",
    "perfect",
    "ok",
    "okay",
    "yes",
    "no",
    "sure",
    "ping",
    "test",
    "how",
    "are",
    "you",
    "there",
    "lol",
    "haha",
    "welcome",
    "very",
    "much",
    "so",
    "again",
    "everyone",
    "up",
    "what's",
    "whats",
    // German
    "hallo",
    "moin",
    "servus",
    "guten",
    "morgen",
    "tag",
    "abend",
    "nacht",
    "danke",
    "dank",
    "vielen",
    "schön",
    "bitte",
    "tschüss",
    "ja",
    "nein",
    "super",
    "gut",
    "wie",
    "geht",
    "dir",
    "ihnen",
    "na",
    "alles",
    "klar",
    "gruß",
    "grüße",
    "grüß",
    "dich",
    // French
    "bonjour",
    "bonsoir",
    "salut",
    "coucou",
    "merci",
    "beaucoup",
    "revoir",
    "oui",
    "non",
    "ça",
    "va",
    "parfait",
    "bien",
    "comment",
    "d'accord",
    "bonne",
    "nuit",
    "journée",
    "soirée",
    "au",
    // Spanish
    "hola",
    "buenos",
    "buenas",
    "días",
    "tardes",
    "noches",
    "gracias",
    "muchas",
    "adiós",
    "sí",
    "vale",
    "qué",
    "tal",
    "genial",
    "perfecto",
    "cómo",
    "estás",
    "muy",
    "amables",
    // Italian, Portuguese
    "ciao",
    "buongiorno",
    "buonasera",
    "grazie",
    "mille",
    "prego",
    "arrivederci",
    "sì",
    "bene",
    "come",
    "stai",
    "olá",
    "oi",
    "bom",
    "boa",
    "dia",
    "tarde",
    "noite",
    "obrigado",
    "obrigada",
    "muito",
    "tchau",
    "sim",
    "tudo",
    "bem",
    // Russian
    "привет",
    "здравствуйте",
    "здравствуй",
    "спасибо",
    "большое",
    "пока",
    "да",
    "нет",
    "доброе",
    "утро",
    "добрый",
    "день",
    "вечер",
    "как",
    "дела",
    "хорошо",
    "отлично",
];

/// The answer lies in a text that is given.
const TRANSFORM: &[&str] = &[
    // English
    "translate",
    "translation",
    "translated",
    "summarize",
    "summarise",
    "summary",
    "tldr",
    "extract",
    "rewrite",
    "rephrase",
    "paraphrase",
    "proofread",
    "shorten",
    "reformat",
    "classify",
    "categorize",
    "transcribe",
    "spellcheck",
    "simplify",
    "condense",
    // German
    "übersetze",
    "übersetzen",
    "übersetz",
    "übersetzung",
    "zusammenfassen",
    "zusammenfassung",
    "fasse",
    "extrahiere",
    "extrahieren",
    "umformulieren",
    "formuliere",
    "korrigiere",
    "korrigieren",
    "kürze",
    "kürzen",
    "klassifiziere",
    "vereinfache",
    // French
    "traduis",
    "traduire",
    "traduisez",
    "traduction",
    "résume",
    "résumer",
    "résumez",
    "résumé",
    "extrais",
    "extraire",
    "reformule",
    "reformuler",
    "corrige",
    "corriger",
    "raccourcis",
    "classe",
    "simplifie",
    // Spanish
    "traduce",
    "traducir",
    "traduzca",
    "traducción",
    "resumir",
    "resumen",
    "extrae",
    "extraer",
    "reescribe",
    "reformula",
    "corrige",
    "corregir",
    "acorta",
    "clasifica",
    // Italian, Portuguese
    "traduci",
    "traduzione",
    "riassumi",
    "riassunto",
    "estrai",
    "riscrivi",
    "correggi",
    "traduza",
    "traduzir",
    "tradução",
    "resuma",
    "resumo",
    "extraia",
    "reescreva",
    "corrija",
    // Russian
    "переведи",
    "переведите",
    "перевод",
    "резюмируй",
    "суммируй",
    "перескажи",
    "извлеки",
    "перепиши",
    "исправь",
    "сократи",
];

/// The answer must be worked out.
const REASONING: &[&str] = &[
    // English
    "prove",
    "proof",
    "theorem",
    "lemma",
    "derive",
    "derivative",
    "integral",
    "integrate",
    "equation",
    "equations",
    "matrix",
    "probability",
    "optimize",
    "optimise",
    "optimal",
    "algorithm",
    "complexity",
    "plan",
    "planning",
    "roadmap",
    "architecture",
    "architect",
    "strategy",
    "tradeoff",
    "tradeoffs",
    "offs",
    "analyze",
    "analyse",
    "evaluate",
    "diagnose",
    "debug",
    "debugging",
    "refactor",
    "reasoning",
    "deduce",
    "solve",
    "hypothesis",
    "simulate",
    "implement",
    "migrate",
    "migration",
    "deadlock",
    // German
    "beweise",
    "beweis",
    "beweisen",
    "herleiten",
    "ableitung",
    "gleichung",
    "gleichungen",
    "wahrscheinlichkeit",
    "optimiere",
    "optimieren",
    "algorithmus",
    "komplexität",
    "planen",
    "architektur",
    "strategie",
    "abwägung",
    "analysiere",
    "analysieren",
    "bewerte",
    "ursache",
    "fehlersuche",
    "debugge",
    "löse",
    "lösen",
    "entwirf",
    "entwerfe",
    "implementiere",
    "migriere",
    "begründe",
    // French
    "prouve",
    "prouver",
    "démontre",
    "démontrer",
    "démonstration",
    "théorème",
    "intégrale",
    "dérivée",
    "équation",
    "équations",
    "probabilité",
    "optimise",
    "optimiser",
    "algorithme",
    "complexité",
    "planifie",
    "planifier",
    "stratégie",
    "analyse",
    "analyser",
    "évalue",
    "résous",
    "résoudre",
    "débogue",
    "conçois",
    "implémente",
    // Spanish
    "demuestra",
    "demostrar",
    "demostración",
    "teorema",
    "ecuación",
    "ecuaciones",
    "probabilidad",
    "optimiza",
    "optimizar",
    "algoritmo",
    "complejidad",
    "planifica",
    "planificar",
    "arquitectura",
    "estrategia",
    "analiza",
    "analizar",
    "evalúa",
    "resuelve",
    "resolver",
    "depura",
    "diseña",
    "implementa",
    // Italian, Portuguese
    "dimostra",
    "dimostrazione",
    "equazione",
    "probabilità",
    "ottimizza",
    "pianifica",
    "architettura",
    "strategia",
    "analizza",
    "risolvi",
    "progetta",
    "prove",
    "demonstre",
    "equação",
    "probabilidade",
    "otimize",
    "planeje",
    "arquitetura",
    "estratégia",
    "analise",
    "resolva",
    "projete",
    // Russian
    "докажи",
    "докажите",
    "доказательство",
    "теорема",
    "теорему",
    "уравнение",
    "интеграл",
    "вероятность",
    "оптимизируй",
    "алгоритм",
    "сложность",
    "спланируй",
    "архитектуру",
    "стратегию",
    "проанализируй",
    "реши",
    "отладь",
    "спроектируй",
];

/// The same three for scripts that put no spaces between words: looked for as they stand.
const UNSPACED: &[(&str, TaskKind)] = &[
    ("翻译", TaskKind::Transform),
    ("翻譯", TaskKind::Transform),
    ("总结", TaskKind::Transform),
    ("總結", TaskKind::Transform),
    ("概括", TaskKind::Transform),
    ("提取", TaskKind::Transform),
    ("改写", TaskKind::Transform),
    ("润色", TaskKind::Transform),
    ("翻訳", TaskKind::Transform),
    ("要約", TaskKind::Transform),
    ("まとめて", TaskKind::Transform),
    ("抽出", TaskKind::Transform),
    ("書き換え", TaskKind::Transform),
    ("添削", TaskKind::Transform),
    ("번역", TaskKind::Transform),
    ("요약", TaskKind::Transform),
    ("证明", TaskKind::Reasoning),
    ("證明", TaskKind::Reasoning),
    ("推导", TaskKind::Reasoning),
    ("方程", TaskKind::Reasoning),
    ("积分", TaskKind::Reasoning),
    ("概率", TaskKind::Reasoning),
    ("算法", TaskKind::Reasoning),
    ("优化", TaskKind::Reasoning),
    ("规划", TaskKind::Reasoning),
    ("架构", TaskKind::Reasoning),
    ("分析", TaskKind::Reasoning),
    ("设计", TaskKind::Reasoning),
    ("調試", TaskKind::Reasoning),
    ("调试", TaskKind::Reasoning),
    ("証明", TaskKind::Reasoning),
    ("積分", TaskKind::Reasoning),
    ("確率", TaskKind::Reasoning),
    ("最適化", TaskKind::Reasoning),
    ("計画", TaskKind::Reasoning),
    ("設計", TaskKind::Reasoning),
    ("原因", TaskKind::Reasoning),
    ("증명", TaskKind::Reasoning),
    ("방정식", TaskKind::Reasoning),
    ("최적화", TaskKind::Reasoning),
    ("설계", TaskKind::Reasoning),
    ("분석", TaskKind::Reasoning),
    ("你好", TaskKind::Chat),
    ("您好", TaskKind::Chat),
    ("谢谢", TaskKind::Chat),
    ("謝謝", TaskKind::Chat),
    ("再见", TaskKind::Chat),
    ("早上好", TaskKind::Chat),
    ("こんにちは", TaskKind::Chat),
    ("おはよう", TaskKind::Chat),
    ("ありがとう", TaskKind::Chat),
    ("こんばんは", TaskKind::Chat),
    ("안녕", TaskKind::Chat),
    ("감사", TaskKind::Chat),
];

/// What stands in the output of a program that broke, in lower case.
const TRACE: &[&str] = &[
    "traceback (most recent",
    "stack trace",
    "stacktrace",
    "exception in thread",
    "panicked at",
    "segmentation fault",
    "core dumped",
    "\n    at ",
    "\n\tat ",
    "caused by:",
    "error[e",
    "undefined reference",
    "nullpointerexception",
    "unhandled exception",
    "fatal error:",
];

/// What stands in programs.
const CODE: &[&str] = &[
    "fn ", "def ", "class ", "return", "import ", "const ", "let ", "var ", "function", "#include",
    "public ", "SELECT ", "select ", "</", "=>", "->", "();", "==", "if (", "for (", "#!/", "\": ",
    "::", "&&",
];

/// Longest message in bytes that may be small talk.
const LONGEST_CHAT: usize = 80;
/// Most words of small talk.
const MOST_CHAT_WORDS: usize = 8;

static WORDS: LazyLock<HashMap<&'static str, TaskKind>> = LazyLock::new(|| {
    let kinds = [
        (CHAT, TaskKind::Chat),
        (TRANSFORM, TaskKind::Transform),
        (REASONING, TaskKind::Reasoning),
    ];
    let mut words = HashMap::with_capacity(512);
    for (list, kind) in kinds {
        for word in list {
            words.entry(*word).or_insert(kind);
        }
    }
    words
});

/// Prepared once: looking through a short message takes less time than preparing to look.
static TRACES: LazyLock<Vec<Finder<'static>>> =
    LazyLock::new(|| TRACE.iter().map(|mark| Finder::new(*mark)).collect());

/// What a message of `length` bytes asks for, by `lower`, the part of it that is looked at. The
/// first word that tells decides.
pub(super) fn kind(lower: &str, length: usize) -> TaskKind {
    let (mut chat, mut words) = (0, 0);
    for word in lower.split(|c: char| !c.is_alphanumeric() && c != '\'') {
        if word.is_empty() {
            continue;
        }
        words += 1;
        match WORDS.get(word) {
            Some(TaskKind::Chat) => chat += 1,
            Some(telling) => return *telling,
            None => {}
        }
    }
    let short = length <= LONGEST_CHAT;
    if let Some(kind) = unspaced(lower, short) {
        return kind;
    }
    if short && words > 0 && words <= MOST_CHAT_WORDS && chat == words {
        TaskKind::Chat
    } else {
        TaskKind::Other
    }
}

fn unspaced(lower: &str, short: bool) -> Option<TaskKind> {
    if lower.is_ascii() {
        return None;
    }
    let found = UNSPACED
        .iter()
        .filter(|(_, kind)| short || *kind != TaskKind::Chat)
        .filter_map(|(word, kind)| Some((lower.find(word)?, *kind)));
    // Small talk before a task is not small talk.
    let task = |kind: TaskKind| kind == TaskKind::Chat;
    found
        .min_by_key(|(at, kind)| (task(*kind), *at))
        .map(|(_, kind)| kind)
}

/// Whether a program that broke left its words in `lower`.
pub(super) fn has_trace(lower: &str) -> bool {
    lower.len() > 12
        && TRACES
            .iter()
            .any(|mark| mark.find(lower.as_bytes()).is_some())
}

/// Whether `text` has words of programs in it.
pub(super) fn has_code(text: &str) -> bool {
    CODE.iter().filter(|mark| text.contains(**mark)).count() > 1
}
