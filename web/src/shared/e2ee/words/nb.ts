// The words of a code in bokmål: a hundred things that everybody knows, the same at the same place in each language.
export default [
  "bjørn", "rev", "ulv", "hund", "katt", "hest", "ku", "sau", "geit", "hare",
  "mus", "gås", "høne", "ørn", "ugle", "svane", "fisk", "krabbe", "maur", "sommerfugl",
  "edderkopp", "frosk", "slange", "løve", "elefant", "ape", "delfin", "krokodille", "due", "kenguru",
  "panda", "sjiraff", "ekorn", "brød", "ost", "melk", "smør", "egg", "eple", "banan",
  "appelsin", "sitron", "potet", "gulrot", "løk", "tomat", "sukker", "salt", "kaffe", "te",
  "kake", "honning", "ris", "jordbær", "blåbær", "agurk", "pepper", "sjokolade", "pizza", "ananas",
  "sol", "måne", "stjerne", "sky", "regn", "snø", "storm", "ild", "fjell", "blomst",
  "gress", "stein", "sand", "foss", "hav", "vulkan", "lyn", "eik", "tulipan", "kaktus",
  "sølv", "jern", "bro", "dør", "vindu", "slott", "seng", "lampe", "klokke", "nøkkel",
  "bok", "hanske", "telt", "traktor", "hammer", "gitar", "tromme", "piano", "speil", "pute",
];
