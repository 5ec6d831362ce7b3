// Stands here until the application of web/ is built: `npm run build` writes over it.
const head = JSON.parse(document.getElementById("sk-head").textContent);
document.getElementById("app").textContent = head.title;
