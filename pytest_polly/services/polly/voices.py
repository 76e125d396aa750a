"""Polly's voices: the languages and the engines each of them speaks with.

Our own table, because moto's leaves out a whole engine and every voice since 2024, and because speaking is
not to cost the import of moto. As AWS listed them to DescribeVoices in September 2025
(https://github.com/speechmarkdown/speechmarkdown-js/blob/e8c4154/docs/platforms/data/amazon-polly-voices.md),
and as the developer guide has added to that since
(https://docs.aws.amazon.com/polly/latest/dg/available-voices.html, and generative-voices.html and
doc-history.html beside it).
Which engines a region has is left out: every region here has all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ENGINES = ("standard", "neural", "long-form", "generative")

_LANGUAGES = {
    "arb": "Arabic",
    "cmn-CN": "Chinese Mandarin",
    "cy-GB": "Welsh",
    "da-DK": "Danish",
    "de-DE": "German",
    "en-AU": "Australian English",
    "en-GB": "British English",
    "en-GB-WLS": "Welsh English",
    "en-IN": "Indian English",
    "en-US": "US English",
    "es-ES": "Castilian Spanish",
    "es-MX": "Mexican Spanish",
    "es-US": "US Spanish",
    "fr-CA": "Canadian French",
    "fr-FR": "French",
    "is-IS": "Icelandic",
    "it-IT": "Italian",
    "ja-JP": "Japanese",
    "hi-IN": "Hindi",
    "ko-KR": "Korean",
    "nb-NO": "Norwegian",
    "nl-NL": "Dutch",
    "pl-PL": "Polish",
    "pt-BR": "Brazilian Portuguese",
    "pt-PT": "Portuguese",
    "ro-RO": "Romanian",
    "ru-RU": "Russian",
    "sv-SE": "Swedish",
    "tr-TR": "Turkish",
    "en-NZ": "New Zealand English",
    "en-ZA": "South African English",
    "ca-ES": "Catalan",
    "de-AT": "Austrian German",
    "yue-CN": "Cantonese",
    "ar-AE": "Gulf Arabic",
    "fi-FI": "Finnish",
    "en-IE": "Irish English",
    "nl-BE": "Belgian Dutch",
    "fr-BE": "Belgian French",
    "cs-CZ": "Czech",
    "de-CH": "Swiss Standard German",
    "en-SG": "Singaporean English",
}

_ROWS = (
    ("Hala", "Female", "ar-AE", "neural", "arb"),
    ("Zayd", "Male", "ar-AE", "neural", "arb"),
    ("Zeina", "Female", "arb", "standard"),
    ("Arlet", "Female", "ca-ES", "neural"),
    ("Zhiyu", "Female", "cmn-CN", "neural standard"),
    ("Jitka", "Female", "cs-CZ", "neural"),
    ("Gwyneth", "Female", "cy-GB", "standard"),
    ("Mads", "Male", "da-DK", "standard"),
    ("Naja", "Female", "da-DK", "standard"),
    ("Sofie", "Female", "da-DK", "neural"),
    ("Hannah", "Female", "de-AT", "generative neural"),
    ("Sabrina", "Female", "de-CH", "generative neural"),
    ("Daniel", "Male", "de-DE", "generative neural"),
    ("Hans", "Male", "de-DE", "standard"),
    ("Lennart", "Male", "de-DE", "generative"),
    ("Marlene", "Female", "de-DE", "standard"),
    ("Vicki", "Female", "de-DE", "generative neural standard"),
    ("Nicole", "Female", "en-AU", "standard"),
    ("Olivia", "Female", "en-AU", "generative neural"),
    ("Russell", "Male", "en-AU", "standard"),
    ("Amy", "Female", "en-GB", "generative neural standard"),
    ("Arthur", "Male", "en-GB", "neural"),
    ("Brian", "Male", "en-GB", "generative neural standard"),
    ("Emma", "Female", "en-GB", "neural standard"),
    ("Geraint", "Male", "en-GB-WLS", "standard"),
    ("Niamh", "Female", "en-IE", "generative neural"),
    ("Aditi", "Female", "en-IN", "standard", "hi-IN"),
    ("Kajal", "Female", "en-IN", "generative neural", "hi-IN"),
    ("Raveena", "Female", "en-IN", "standard"),
    ("Aria", "Female", "en-NZ", "generative neural"),
    ("Jasmine", "Female", "en-SG", "generative neural"),
    ("Danielle", "Female", "en-US", "generative long-form neural"),
    ("Gregory", "Male", "en-US", "long-form neural"),
    ("Ivy", "Female", "en-US", "neural standard"),
    ("Joanna", "Female", "en-US", "generative neural standard"),
    ("Joey", "Male", "en-US", "neural standard"),
    ("Justin", "Male", "en-US", "neural standard"),
    ("Kendra", "Female", "en-US", "neural standard"),
    ("Kevin", "Male", "en-US", "neural"),
    ("Kimberly", "Female", "en-US", "neural standard"),
    ("Matthew", "Male", "en-US", "generative neural standard"),
    ("Patrick", "Male", "en-US", "long-form"),
    ("Ruth", "Female", "en-US", "generative long-form neural"),
    ("Salli", "Female", "en-US", "generative neural standard"),
    ("Stephen", "Male", "en-US", "generative neural"),
    ("Tiffany", "Female", "en-US", "generative"),
    ("Ayanda", "Female", "en-ZA", "generative neural"),
    ("Alba", "Female", "es-ES", "long-form"),
    ("Conchita", "Female", "es-ES", "standard"),
    ("Enrique", "Male", "es-ES", "standard"),
    ("Lucia", "Female", "es-ES", "generative neural standard"),
    ("Raul", "Male", "es-ES", "long-form"),
    ("Sergio", "Male", "es-ES", "generative neural"),
    ("Andres", "Male", "es-MX", "generative neural"),
    ("Mia", "Female", "es-MX", "generative neural standard"),
    ("Lupe", "Female", "es-US", "generative neural standard"),
    ("Miguel", "Male", "es-US", "standard"),
    ("Pedro", "Male", "es-US", "generative neural"),
    ("Penelope", "Female", "es-US", "standard"),
    ("Suvi", "Female", "fi-FI", "neural"),
    ("Isabelle", "Female", "fr-BE", "generative neural"),
    ("Chantal", "Female", "fr-CA", "standard"),
    ("Gabrielle", "Female", "fr-CA", "generative neural"),
    ("Liam", "Male", "fr-CA", "generative neural"),
    ("Ambre", "Female", "fr-FR", "generative"),
    ("Celine", "Female", "fr-FR", "generative standard"),
    ("Florian", "Male", "fr-FR", "generative"),
    ("Lea", "Female", "fr-FR", "generative neural standard"),
    ("Mathieu", "Male", "fr-FR", "standard"),
    ("Remi", "Male", "fr-FR", "generative neural"),
    ("Dora", "Female", "is-IS", "standard"),
    ("Karl", "Male", "is-IS", "standard"),
    ("Adriano", "Male", "it-IT", "neural"),
    ("Beatrice", "Female", "it-IT", "generative"),
    ("Bianca", "Female", "it-IT", "generative neural standard"),
    ("Carla", "Female", "it-IT", "standard"),
    ("Giorgio", "Male", "it-IT", "standard"),
    ("Lorenzo", "Male", "it-IT", "generative"),
    ("Kazuha", "Female", "ja-JP", "neural"),
    ("Mizuki", "Female", "ja-JP", "standard"),
    ("Takumi", "Male", "ja-JP", "neural standard"),
    ("Tomoko", "Female", "ja-JP", "neural"),
    ("Jihye", "Female", "ko-KR", "neural"),
    ("Seoyeon", "Female", "ko-KR", "generative neural standard"),
    ("Ida", "Female", "nb-NO", "neural"),
    ("Liv", "Female", "nb-NO", "standard"),
    ("Lisa", "Female", "nl-BE", "generative neural"),
    ("Laura", "Female", "nl-NL", "generative neural"),
    ("Lotte", "Female", "nl-NL", "standard"),
    ("Ruben", "Male", "nl-NL", "standard"),
    ("Ewa", "Female", "pl-PL", "generative standard"),
    ("Jacek", "Male", "pl-PL", "standard"),
    ("Jan", "Male", "pl-PL", "standard"),
    ("Maja", "Female", "pl-PL", "standard"),
    ("Ola", "Female", "pl-PL", "generative neural"),
    ("Camila", "Female", "pt-BR", "generative neural standard"),
    ("Ricardo", "Male", "pt-BR", "standard"),
    ("Thiago", "Male", "pt-BR", "neural"),
    ("Vitoria", "Female", "pt-BR", "neural standard"),
    ("Cristiano", "Male", "pt-PT", "standard"),
    ("Ines", "Female", "pt-PT", "neural standard"),
    ("Carmen", "Female", "ro-RO", "standard"),
    ("Maxim", "Male", "ru-RU", "standard"),
    ("Tatyana", "Female", "ru-RU", "standard"),
    ("Astrid", "Female", "sv-SE", "standard"),
    ("Elin", "Female", "sv-SE", "neural"),
    ("Burcu", "Female", "tr-TR", "neural"),
    ("Filiz", "Female", "tr-TR", "standard"),
    ("Hiujin", "Female", "yue-CN", "neural"),
    # Only their ids are published so far; the rest is inferred from voices of that name elsewhere at AWS.
    ("Tina", "Female", "de-DE", "generative"),
    ("Arjun", "Male", "en-IN", "generative", "hi-IN"),
    ("Kiara", "Female", "en-IN", "generative", "hi-IN"),
    ("Curtis", "Male", "en-US", "generative"),
    ("Kenneth", "Male", "en-US", "generative"),
    ("Nate", "Male", "en-US", "generative"),
    ("Carlos", "Male", "es-US", "generative"),
    ("Hyunduk", "Male", "ko-KR", "generative"),
    ("Carolina", "Female", "pt-BR", "generative"),
    ("Leo", "Male", "pt-BR", "generative"),
)

_NAMES = {
    "Andres": "Andrés",
    "Penelope": "Penélope",
    "Celine": "Céline",
    "Lea": "Léa",
    "Remi": "Rémi",
    "Dora": "Dóra",
    "Vitoria": "Vitória",
    "Ines": "Inês",
}


@dataclass(frozen=True)
class Voice:
    """One voice, and what it can do."""

    id: str
    gender: str
    language: str
    engines: tuple[str, ...]
    more_languages: tuple[str, ...] = ()

    def speaks(self, language: str, *, also_additional: bool = True) -> bool:
        """Tell whether *language* is the voice's own, or one of its others."""
        return language == self.language or (also_additional and language in self.more_languages)

    def described(self) -> dict[str, Any]:
        """Return the voice as DescribeVoices lists it."""
        additional = {"AdditionalLanguageCodes": list(self.more_languages)} if self.more_languages else {}
        return {
            "Gender": self.gender,
            "Id": self.id,
            "LanguageCode": self.language,
            "LanguageName": _LANGUAGES[self.language],
            "Name": _NAMES.get(self.id, self.id),
            **additional,
            "SupportedEngines": list(self.engines),
        }


VOICES = {
    name: Voice(name, gender, language, tuple(engines.split()), tuple(additional))
    for name, gender, language, engines, *additional in _ROWS
}

LANGUAGE_CODES = tuple(_LANGUAGES)


def describe(asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the voices that DescribeVoices was *asked* for."""
    engine, language = asked.get("Engine"), asked.get("LanguageCode")
    additional = bool(asked.get("IncludeAdditionalLanguageCodes"))
    return [
        voice.described()
        for voice in VOICES.values()
        if (engine is None or engine in voice.engines)
        and (language is None or voice.speaks(language, also_additional=additional))
    ]
