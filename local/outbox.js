// Adds new messages at the top of the outbox without reloading it.
const list = document.getElementById("messages");
const empty = document.getElementById("empty");
const news = document.getElementById("news");
const EVERY = 1500; // milliseconds

async function look() {
  const newest = list.querySelector("[data-message]")?.dataset.message ?? "";
  try {
    const answer = await fetch(`/outbox/newer?than=${encodeURIComponent(newest)}`);
    const fresh = answer.ok ? await answer.text() : "";
    if (fresh) {
      list.insertAdjacentHTML("afterbegin", fresh); // escaped by the server
      empty.hidden = true;
      news.textContent = `Ny melding: ${list.querySelector("h2").textContent}`;
    }
  } catch {
    news.textContent = "Får ikke kontakt. Prøver igjen.";
  }
  setTimeout(look, EVERY);
}

list.addEventListener("click", async (event) => {
  const became = event.target.dataset.became;
  if (!became) return;
  const { message } = event.target.closest("[data-message]").dataset;
  try {
    const answer = await fetch(`/outbox/${message}/${became}`, { method: "POST", headers: { "X-Venterom": "1" } });
    news.textContent = answer.ok ? "Avdelingen har fått vite det." : "Det gikk ikke. Se loggen.";
  } catch {
    news.textContent = "Får ikke kontakt. Prøv igjen.";
  }
});

look();
