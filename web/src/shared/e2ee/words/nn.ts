// The words of a code in nynorsk: a hundred things that everybody knows, the same at the same place in each language.
export default [
  "bjørn", "rev", "ulv", "hund", "katt", "hest", "ku", "sau", "geit", "hare",
  "mus", "gås", "høne", "ørn", "ugle", "svane", "fisk", "krabbe", "maur", "sommarfugl",
  "edderkopp", "frosk", "slange", "løve", "elefant", "ape", "delfin", "krokodille", "due", "kenguru",
  "panda", "sjiraff", "ekorn", "brød", "ost", "mjølk", "smør", "egg", "eple", "banan",
  "appelsin", "sitron", "potet", "gulrot", "lauk", "tomat", "sukker", "salt", "kaffi", "te",
  "kake", "honning", "ris", "jordbær", "blåbær", "agurk", "pepar", "sjokolade", "pizza", "ananas",
  "sol", "måne", "stjerne", "sky", "regn", "snø", "storm", "eld", "fjell", "blome",
  "gras", "stein", "sand", "foss", "hav", "vulkan", "lyn", "eik", "tulipan", "kaktus",
  "sølv", "jern", "bru", "dør", "vindauge", "slott", "seng", "lampe", "klokke", "nøkkel",
  "bok", "hanske", "telt", "traktor", "hammar", "gitar", "tromme", "piano", "spegel", "pute",
];
