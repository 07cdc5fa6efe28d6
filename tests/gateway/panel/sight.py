"""What a page must be for people to use it: asked of the real browser, in its own words."""

# Text whose contrast to what lies behind it is below WCAG AA.
FAINT = """(() => {
  const parse = (text) => text.match(/[0-9.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(one).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return parse(getComputedStyle(document.documentElement).backgroundColor).slice(0, 3);
  };
  const faint = [];
  for (const element of document.body.querySelectorAll("*")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const style = getComputedStyle(element);
    if (!own || !element.getClientRects().length || element.closest(".unseen")) continue;
    const front = element.closest("svg") ? style.fill : style.color;
    const pair = [light(parse(front)), light(behind(element.closest("svg") || element))];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.6 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) faint.push(`${element.className || element.tagName} ${ratio.toFixed(2)}`);
  }
  return faint;
})()"""

# What is to be pressed and is too small for a thumb, and what has no name.
CLUMSY = """(() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")]
  .filter((one) => !one.closest(".skip") && one.getClientRects().length && one.className !== "skip")
  .filter((one) => one.getBoundingClientRect().height < 24 || one.getBoundingClientRect().width < 24
    || !(one.textContent.trim() || one.labels?.length || one.getAttribute("aria-label")))
  .map((one) => one.outerHTML))()"""

# What stands out to the right.
WIDER = """(() => [...document.body.querySelectorAll("*")]
  .filter((one) => !one.closest("svg") && !one.closest(".unseen") && one.className !== "skip")
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5).map((one) => one.outerHTML.slice(0, 80)))()"""

# Text that does not fit into its box, and letters too small to read.
SMALL = """(() => [...document.body.querySelectorAll("*")]
  .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()))
  .filter((one) => one.getClientRects().length && !one.closest(".unseen") && !one.closest(".sign"))
  .map((one) => {
    const svg = one.closest("svg");
    const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
    return [parseFloat(getComputedStyle(one).fontSize) * scale, one.textContent.trim().slice(0, 30)];
  }).filter(([size]) => size < 10.5))()"""

# The order of headings has no gap, there is one of the first rank and one main.
OUTLINE = """(() => {
  const ranks = [...document.querySelectorAll("h1, h2, h3, h4")].map((one) => Number(one.tagName[1]));
  const gaps = ranks.filter((rank, at) => rank > (at ? ranks[at - 1] : 0) + 1);
  return gaps.length === 0 && ranks.filter((rank) => rank === 1).length === 1
    && document.querySelectorAll("main").length === 1 && document.documentElement.lang !== "";
})()"""
