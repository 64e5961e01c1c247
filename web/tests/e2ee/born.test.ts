// Birth dates in national identity numbers: of this century and others, D-numbers, made-up ones.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bornIn } from "../../src/shared/e2ee/born";

describe("a birth date", () => {
  it.each([
    ["17054026641", "1940-05-17"],
    ["01010750160", "2007-01-01"],
    ["31129946715", "1999-12-31"],
    ["31129956715", "1899-12-31"],
    ["01015650000", "1856-01-01"],
    ["01014590000", "1945-01-01"],
    ["29020050000", "2000-02-29"],
  ])("stands in %s", (number, born) => {
    expect(bornIn(number)).toBe(born);
  });

  it("of a D-number has its day without the 40", () => {
    expect(bornIn("57054026641")).toBe("1940-05-17");
  });

  it.each(["17854026641", "17704026641", "17454026641", "57854026641"])("of a made-up number %s has its month without what was added", (number) => {
    expect(bornIn(number)).toBe("1940-05-17");
  });

  it("stands in the numbers of the people who do not exist", () => {
    const { patients } = JSON.parse(readFileSync(new URL("../../../local/people.json", import.meta.url), "utf8")) as { patients: { national_id: string }[] };
    expect(patients.map(({ national_id }) => bornIn(national_id))).toEqual(["1984-03-12", "1951-11-30", "1999-07-05", "1967-01-21"]);
  });

  it.each(["", "1234567890", "123456789012", "1705402664x", "32014000000", "31024000000", "00014000000", "01134000000", "01004000000", "29020150000", "01014575000"])("stands not in %j", (number) => {
    expect(bornIn(number)).toBe("");
  });
});
