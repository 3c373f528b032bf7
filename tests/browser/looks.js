// What a person would find wrong when looking at an element, each as a line of text. looks.py calls these.
({
  // Texts whose contrast with what is behind them is below `least`, as WCAG 2 counts it; inactive controls are exempt.
  // `leastOnPage` is for the texts of drawings that paint nothing behind them.
  unreadable(root, least, leastOnPage) {
    const numbers = (css) => {
      const found = (css.match(/[\d.]+(e-?\d+)?/g) ?? ["0", "0", "0", "0"]).map(Number);
      const scale = css.startsWith("color(") ? 255 : 1;
      return [...found.slice(0, 3).map((each) => each * scale), found[3] ?? 1];
    };
    const over = (front, back) => [0, 1, 2].map((i) => front[i] * front[3] + back[i] * (1 - front[3]));
    const light = (colour) =>
      colour
        .map((each) => each / 255)
        .map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4))
        .reduce((sum, each, i) => sum + each * [0.2126, 0.7152, 0.0722][i], 0);
    const contrast = (a, b) => {
      const [dark, bright] = [light(a), light(b)].sort((x, y) => x - y);
      return (bright + 0.05) / (dark + 0.05);
    };
    const behind = (element) => {
      const layers = [];
      for (let each = element; each; each = each.parentElement) {
        layers.unshift(numbers(getComputedStyle(each).backgroundColor));
      }
      return layers.reduce((back, layer) => over(layer, back), [255, 255, 255]);
    };
    const opacity = (element) => {
      let all = 1;
      for (let each = element; each; each = each.parentElement) all *= Number(getComputedStyle(each).opacity);
      return all;
    };
    const found = new Set();
    const judge = (said, css, back, element, enough = least) => {
      const front = numbers(css);
      front[3] *= opacity(element);
      const ratio = contrast(over(front, back), back);
      if (ratio < enough) {
        found.add(`${ratio.toFixed(2)}: ${css} on rgb(${back.map(Math.round)}): ${said.trim().slice(0, 60)}`);
      }
    };
    const isSeen = (element) => element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true });

    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      const isText = walker.currentNode.data.trim() && !element.closest("style, script, svg, :disabled");
      if (isText && isSeen(element)) {
        judge(walker.currentNode.data, getComputedStyle(element).color, behind(element), element);
      }
    }
    for (const each of root.querySelectorAll("input:enabled, textarea:enabled")) {
      if (!isSeen(each) || ["checkbox", "radio"].includes(each.type)) continue;
      const isEmpty = each.value === "" && each.placeholder;
      const style = getComputedStyle(each, isEmpty ? "::placeholder" : undefined);
      judge(isEmpty ? each.placeholder : each.value, style.color, behind(each), each);
    }
    // Drawings are images: each is put beside itself for a moment, so that its texts and shapes can be asked.
    for (const image of root.querySelectorAll("img[src^='data:image/svg+xml;base64,']")) {
      if (!isSeen(image)) continue;
      const bytes = Uint8Array.from(atob(image.src.split(",")[1]), (each) => each.charCodeAt(0));
      const host = document.createElement("div");
      host.innerHTML = new TextDecoder().decode(bytes);
      image.parentElement.insertBefore(host, image);
      for (const text of host.querySelectorAll("text")) {
        text.scrollIntoView({ block: "center", inline: "center" });
        const box = text.getBoundingClientRect();
        const shapes = document.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2).reverse();
        const page = behind(host);
        let back = page;
        for (const shape of shapes) {
          if (!host.contains(shape) || ["text", "tspan", "svg"].includes(shape.tagName) || shape === host) continue;
          const style = getComputedStyle(shape);
          const fill = style.fill === "none" ? [0, 0, 0, 0] : numbers(style.fill);
          fill[3] *= Number(style.fillOpacity);
          if (fill[3]) back = over(fill, back);
        }
        if (text.textContent.trim() && box.width) {
          judge(`(drawing) ${text.textContent}`, getComputedStyle(text).fill, back, text, back === page ? leastOnPage : least);
        }
      }
      host.remove();
    }
    return [...found];
  },

  // Elements that reach beyond the right edge of `root`, or whose text is cut, where there is no bar to scroll with.
  cutOff(root) {
    const scrolls = (each) => ["auto", "scroll"].includes(getComputedStyle(each).overflowX);
    const hides = (each) => ["hidden", "clip"].includes(getComputedStyle(each).overflowX);
    const name = (each) => `<${each.tagName.toLowerCase()}> ${(each.innerText ?? each.alt ?? "").trim().slice(0, 60)}`;
    const found = [];
    for (const element of root.querySelectorAll("*")) {
      if (!element.checkVisibility({ checkVisibilityCSS: true }) || element.closest("svg svg, svg *")) continue;
      const right = element.getBoundingClientRect().right;
      for (let each = element; each !== root.parentElement; each = each.parentElement) {
        if (each !== element && right > each.getBoundingClientRect().right + 1) {
          if (scrolls(each)) break;
          if (hides(each) || each === root) {
            found.push(`sticks out: ${name(element)}`);
            break;
          }
        }
      }
      const isControl = ["SELECT", "INPUT", "TEXTAREA"].includes(element.tagName);
      if (!isControl && hides(element) && element.scrollWidth > element.clientWidth + 1 && element.innerText?.trim()) {
        found.push(`cut: ${name(element)}`);
      }
    }
    return found;
  },

  // Pairs of controls and texts that lie on one another.
  overlapping(root) {
    const clipped = (element, { left, top, right, bottom }) => {
      for (let each = element; each && root.contains(each); each = each.parentElement) {
        if (getComputedStyle(each).overflow === "visible") continue;
        const box = each.getBoundingClientRect();
        [left, top] = [Math.max(left, box.left), Math.max(top, box.top)];
        [right, bottom] = [Math.min(right, box.right), Math.min(bottom, box.bottom)];
      }
      return { left, top, right, bottom };
    };
    const boxes = (element) => {
      if (element.matches("button, input, select, textarea, img")) return [element.getBoundingClientRect()];
      const texts = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
      return texts.flatMap((node) => {
        const range = document.createRange();
        range.selectNodeContents(node);
        return [...range.getClientRects()];
      });
    };
    const leaves = [...root.querySelectorAll("*")]
      .filter((each) => each.checkVisibility({ checkVisibilityCSS: true }) && !each.closest("option, svg"))
      .flatMap((element) => boxes(element).map((box) => ({ element, box: clipped(element, box) })))
      .filter(({ box }) => box.right - box.left > 1 && box.bottom - box.top > 1);
    const name = (each) => each.element.outerHTML.slice(0, 80);
    const found = [];
    leaves.forEach((a, number) => {
      for (const b of leaves.slice(number + 1)) {
        const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        const isWithin = a.element.contains(b.element) || b.element.contains(a.element);
        if (across > 2 && down > 2 && !isWithin) found.push(`${name(a)} and ${name(b)}`);
      }
    });
    return found;
  },
});
