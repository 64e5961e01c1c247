// The words of a code in Northern Sami: a hundred things that everybody knows, the same at the same place in each language.
export default [
  "guovža", "rieban", "gumpe", "beana", "bussá", "heasta", "gussa", "sávza", "gáica", "njoammil",
  "sáhpán", "čuonjá", "vuonccis", "goaskin", "skuolfi", "njukča", "guolli", "reabbá", "gotka", "beaiveloddi",
  "heavdni", "cuobbo", "gearpmaš", "ledjon", "elefánta", "ápa", "delfiidna", "krokodiila", "duvvá", "keŋguru",
  "pánda", "giráffa", "oarri", "láibi", "vuostá", "mielki", "vuodja", "monni", "eappel", "banána",
  "appelsiidna", "sitrovdna", "buđet", "rušppi", "lávki", "tomáhta", "sohkar", "sálti", "gáffe", "deadja",
  "gáhkku", "honnet", "riisa", "eananmuorji", "sarrit", "agurka", "bihppor", "šukoláda", "pizza", "ananas",
  "beaivi", "mánnu", "násti", "balva", "arvi", "muohta", "stoarbma", "dolla", "várri", "lieđđi",
  "rássi", "geađgi", "sáttu", "goržži", "mearra", "vulkána", "álddagas", "eaika", "tulipána", "kaktus",
  "silba", "ruovdi", "šaldi", "uksa", "láse", "šloahtta", "seaŋga", "lámpá", "diibmu", "čoavdda",
  "girji", "fáhcca", "tealta", "tráktor", "veažir", "gitára", "rumbu", "piano", "speadjal", "guoddá",
];
