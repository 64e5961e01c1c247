// The words of a code in Polish: a hundred things that everybody knows, the same at the same place in each language.
export default [
  "niedźwiedź", "lis", "wilk", "pies", "kotek", "koń", "krowa", "owca", "koza", "zając",
  "mysz", "gęś", "kura", "orzeł", "sowa", "łabędź", "ryba", "krab", "mrówka", "motyl",
  "pająk", "żaba", "wąż", "lew", "słoń", "małpa", "delfin", "krokodyl", "gołąb", "kangur",
  "panda", "żyrafa", "wiewiórka", "chleb", "ser", "mleko", "masło", "jajko", "jabłko", "banan",
  "pomarańcza", "cytryna", "ziemniak", "marchew", "cebula", "pomidor", "cukier", "sól", "kawa", "herbata",
  "ciasto", "miód", "ryż", "truskawka", "borówka", "ogórek", "pieprz", "czekolada", "pizza", "ananas",
  "słońce", "księżyc", "gwiazda", "chmura", "deszcz", "śnieg", "burza", "ogień", "góra", "kwiat",
  "trawa", "kamień", "piasek", "wodospad", "morze", "wulkan", "błyskawica", "dąb", "tulipan", "kaktus",
  "srebro", "żelazo", "most", "drzwi", "okno", "zamek", "łóżko", "lampa", "zegar", "klucz",
  "książka", "rękawiczka", "namiot", "traktor", "młotek", "gitara", "bęben", "pianino", "lustro", "poduszka",
];
