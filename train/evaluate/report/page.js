/* Switches the language. Nothing leaves the page and nothing is remembered. */
(() => {
  "use strict";
  const root = document.documentElement;
  const speak = (language) => {
    root.lang = language === "en" ? "en" : "zh-CN";
    document.title = document.querySelector("title").dataset[language];
    for (const button of document.querySelectorAll("[data-language]"))
      button.setAttribute("aria-pressed", String(button.dataset.language === language));
  };
  for (const button of document.querySelectorAll("[data-language]"))
    button.addEventListener("click", () => speak(button.dataset.language));
  speak(navigator.language.startsWith("zh") ? "zh" : "en");
})();
