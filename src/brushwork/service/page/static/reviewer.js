// How the person who decides calls themselves, where several share a key. Remembered until the tab is closed.

const KEY = "brushwork-reviewer";
let name = "";

/** The name that was given last in this tab, or nothing. */
export function reviewerName() {
  try {
    return sessionStorage.getItem(KEY) ?? name;
  } catch (error) {
    console.info("the name is not remembered:", error);
    return name;
  }
}

/** @param {string} given */
export function rememberReviewer(given) {
  name = given;
  try {
    sessionStorage.setItem(KEY, given);
  } catch (error) {
    console.info("the name is not remembered:", error);
  }
}
