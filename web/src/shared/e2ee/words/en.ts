// The words of a code in English: a hundred things that everybody knows, the same at the same place in each language.
export default [
  "bear", "fox", "wolf", "dog", "cat", "horse", "cow", "sheep", "goat", "rabbit",
  "mouse", "goose", "hen", "eagle", "owl", "swan", "fish", "crab", "ant", "butterfly",
  "spider", "frog", "snake", "lion", "elephant", "monkey", "dolphin", "crocodile", "dove", "kangaroo",
  "panda", "giraffe", "squirrel", "bread", "cheese", "milk", "butter", "egg", "apple", "banana",
  "orange", "lemon", "potato", "carrot", "onion", "tomato", "sugar", "salt", "coffee", "tea",
  "cake", "honey", "rice", "strawberry", "blueberry", "cucumber", "pepper", "chocolate", "pizza", "pineapple",
  "sun", "moon", "star", "cloud", "rain", "snow", "storm", "fire", "mountain", "flower",
  "grass", "stone", "sand", "waterfall", "ocean", "volcano", "lightning", "oak", "tulip", "cactus",
  "silver", "iron", "bridge", "door", "window", "castle", "bed", "lamp", "clock", "key",
  "book", "glove", "tent", "tractor", "hammer", "guitar", "drum", "piano", "mirror", "pillow",
];
