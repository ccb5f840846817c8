// What anybody should be able to use, measured in the page itself: names of controls, contrast as
// computed, one h1, order of headings, unique ids, no sideways scrolling.
export function audit() {
  const found = [];
  const where = (el) => `${el.tagName.toLowerCase()}${el.className && typeof el.className === 'string' ? `.${el.className.trim().replace(/\s+/g, '.')}` : ''} "${(el.textContent ?? '').trim().slice(0, 40)}"`;
  const visible = (el) => {
    const box = el.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && el.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && !el.closest('.only-heard') && !el.closest('.skip');
  };

  // Names.
  const nameOf = (el) => {
    const by = el.getAttribute('aria-labelledby');
    if (by) return by.split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ').trim();
    const own = el.getAttribute('aria-label') || el.labels?.[0]?.textContent || (el.tagName === 'INPUT' ? '' : el.textContent) || el.getAttribute('alt') || el.title;
    return (own ?? '').trim();
  };
  for (const el of document.querySelectorAll('button, a[href], input, select, textarea, summary, [role=option], dialog[open], nav, [role=region]'))
    if (!nameOf(el)) found.push(`no name: ${where(el)}`);
  for (const el of document.querySelectorAll('img')) if (!el.hasAttribute('alt')) found.push(`no alt: ${where(el)}`);
  for (const el of document.querySelectorAll('svg:not([aria-hidden])')) found.push(`svg is neither named nor hidden: ${where(el.parentElement)}`);
  for (const el of document.querySelectorAll('[aria-describedby], [aria-controls], [aria-activedescendant], [aria-labelledby]'))
    for (const attribute of ['aria-describedby', 'aria-controls', 'aria-activedescendant', 'aria-labelledby'])
      for (const id of (el.getAttribute(attribute) ?? '').split(' ').filter(Boolean))
        if (!document.getElementById(id)) found.push(`${attribute} names nothing (${id}): ${where(el)}`);
  const ids = [...document.querySelectorAll('[id]')].map((el) => el.id);
  for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) found.push(`id twice: ${id}`);
  if (!document.documentElement.lang) found.push('no language');
  if (!document.title) found.push('no title');

  // Headings.
  const heads = [...document.querySelectorAll('h1, h2, h3, h4')].filter((el) => el.checkVisibility() && !el.closest('dialog'));
  if (heads.filter((h) => h.tagName === 'H1').length !== 1) found.push(`${heads.filter((h) => h.tagName === 'H1').length} h1`);
  heads.forEach((h, i) => {
    if (i && Number(h.tagName[1]) > Number(heads[i - 1].tagName[1]) + 1) found.push(`heading skips a level: ${where(h)}`);
  });

  // Contrast (WCAG 2.2, 1.4.3).
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, bottom) => [0, 1, 2].map((i) => top[i] * top[3] + bottom[i] * (1 - top[3])).concat(1);
  const ground = (el) => {
    const layers = [];
    for (let e = el; e; e = e.parentElement) {
      const c = rgba(getComputedStyle(e).backgroundColor);
      if (c[3] > 0) layers.push(c);
      if (c[3] === 1) break;
    }
    return layers.reverse().reduce((below, c) => over(c, below), [255, 255, 255, 1]);
  };
  const light = (c) => {
    const [r, g, b] = c.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let texts = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const modal = document.querySelector('dialog[open]');
  while (walker.nextNode()) {
    const el = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !el || !visible(el) || el.closest('[disabled], noscript, svg, .stale') || (modal && !modal.contains(el))) continue;
    const style = getComputedStyle(el);
    const below = ground(el);
    const [a, b] = [light(over(rgba(style.color), below)), light(below)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    texts++;
    if (ratio < least) found.push(`contrast ${ratio.toFixed(2)}: ${where(el)}`);
  }
  if (texts < 3) found.push(`only ${texts} texts were looked at`);

  // Room: nothing sticks out at the side, what one presses is large enough (2.5.8: 24 by 24).
  if (document.documentElement.scrollWidth > innerWidth + 1) found.push(`the page is ${document.documentElement.scrollWidth - innerWidth} wider than the window`);
  for (const el of document.querySelectorAll('button, select, input'))
    if (visible(el) && !(modal && !modal.contains(el)) && !el.classList.contains('link') && !el.closest('.tick') && el.getBoundingClientRect().height < 24) found.push(`too small: ${where(el)}`);
  return found;
}
