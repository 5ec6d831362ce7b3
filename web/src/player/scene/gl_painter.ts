/** Draws a figure with three.js on WebGL. */
import {
  DynamicDrawUsage,
  GLSL3,
  InstancedBufferGeometry,
  InstancedInterleavedBuffer,
  InterleavedBufferAttribute,
  Mesh,
  PerspectiveCamera,
  PlaneGeometry,
  Scene,
  ShaderMaterial,
  Vector2,
  Vector3,
  WebGLRenderer,
} from "three";
import { mix } from "./colours";
import type { Figure } from "./figure";
import { FLOOR_STEP, type Painter } from "./painter";
import { FLOOR_FRAGMENT, FLOOR_VERTEX, STROKE_FRAGMENT, STROKE_VERTEX } from "./shaders";
import { drawFigure, FIELD, FIELDS, type Shot, Strokes } from "./strokes";
import type { Camera } from "./view";

export class GlPainter implements Painter {
  readonly kind = "webgl";
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #camera = new PerspectiveCamera();
  readonly #ink = new InkMesh();
  readonly #floor = makeFloor();
  #figure: Figure | null = null;
  #size: [width: number, height: number] = [1, 1];

  /** Throws where the browser has no WebGL 2. */
  constructor(canvas: HTMLCanvasElement) {
    this.#renderer = new WebGLRenderer({ canvas, antialias: false, alpha: true });
    this.#renderer.setClearColor(0, 0);
    this.#camera.matrixAutoUpdate = false;
    this.#scene.add(this.#floor, this.#ink.mesh);
  }

  setFigure(figure: Figure): void {
    this.#figure = figure;
    const { floor } = figure;
    this.#floor.visible = floor !== null;
    if (floor === null) return;
    const { right, up, ahead, origin, radius } = floor;
    const size = 2 * radius;
    const columns = [right, up, ahead].map((axis) => new Vector3(...axis).multiplyScalar(size));
    this.#floor.matrix.makeBasis(columns[0]!, columns[1]!, columns[2]!).setPosition(...origin);
    this.#floor.matrixWorldNeedsUpdate = true;
    this.#floor.material.uniforms.radius!.value = radius;
  }

  resize(width: number, height: number, ratio: number): void {
    this.#size = [width, height];
    this.#renderer.setPixelRatio(ratio);
    this.#renderer.setSize(width, height, false);
  }

  draw(shot: Shot): void {
    if (this.#figure === null) return;
    aim(this.#camera, shot.camera, this.#size);
    const { bg, fg } = shot.colours;
    this.#floor.material.uniforms.ink!.value.set(...mix(bg, fg, 0.3));
    this.#ink.update(this.#figure, shot, this.#size, this.#renderer.getPixelRatio());
    this.#renderer.render(this.#scene, this.#camera);
  }

  held(): number {
    const { geometries, textures } = this.#renderer.info.memory;
    return geometries + textures;
  }

  dispose(): void {
    this.#ink.dispose();
    this.#floor.geometry.dispose();
    this.#floor.material.dispose();
    this.#renderer.dispose();
    // A browser keeps 16 contexts at most, and frees one only when it collects garbage.
    if (!this.#renderer.getContext().isContextLost()) this.#renderer.forceContextLoss();
  }
}

/** All strokes of a moment in one call: a square each, cut to its round shape by the shader. */
class InkMesh {
  readonly mesh: Mesh<InstancedBufferGeometry, ShaderMaterial>;
  readonly #strokes = new Strokes();
  #buffer: InstancedInterleavedBuffer | null = null;

  constructor() {
    const material = new ShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: STROKE_VERTEX,
      fragmentShader: STROKE_FRAGMENT,
      uniforms: { size: { value: new Vector2() }, ratio: { value: 1 } },
      transparent: true,
      depthTest: false,
      depthWrite: false,
    });
    this.mesh = new Mesh(new InstancedBufferGeometry(), material);
    this.mesh.frustumCulled = false;
    this.mesh.renderOrder = 1;
    this.#attach();
  }

  update(figure: Figure, shot: Shot, size: [number, number], ratio: number): void {
    drawFigure(figure, shot, this.#strokes);
    if (this.#buffer?.array !== this.#strokes.values) this.#attach();
    this.#buffer!.needsUpdate = true;
    this.mesh.geometry.instanceCount = this.#strokes.count;
    const { uniforms } = this.mesh.material;
    uniforms.size!.value.set(...size);
    uniforms.ratio!.value = ratio;
  }

  dispose(): void {
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
  }

  /** A geometry over the array of the strokes, which is another one whenever it has grown. */
  #attach(): void {
    this.mesh.geometry.dispose();
    const square = new PlaneGeometry(2, 2);
    const geometry = new InstancedBufferGeometry();
    geometry.index = square.index;
    geometry.setAttribute("position", square.getAttribute("position"));
    const buffer = new InstancedInterleavedBuffer(this.#strokes.values, FIELDS);
    buffer.setUsage(DynamicDrawUsage);
    const fields: [string, number, number][] = [
      ["from", 3, FIELD.from],
      ["to", 3, FIELD.to],
      ["colour", 4, FIELD.colour],
      ["shape", 3, FIELD.width],
    ];
    for (const [name, length, offset] of fields) {
      geometry.setAttribute(name, new InterleavedBufferAttribute(buffer, length, offset));
    }
    this.mesh.geometry = geometry;
    this.#buffer = buffer;
  }
}

function makeFloor(): Mesh<PlaneGeometry, ShaderMaterial> {
  const material = new ShaderMaterial({
    glslVersion: GLSL3,
    vertexShader: FLOOR_VERTEX,
    fragmentShader: FLOOR_FRAGMENT,
    uniforms: {
      ink: { value: new Vector3() },
      radius: { value: 1 },
      apart: { value: FLOOR_STEP },
    },
    transparent: true,
    depthTest: false,
    depthWrite: false,
    side: 2,
  });
  const plane = new PlaneGeometry(1, 1);
  plane.rotateX(-Math.PI / 2);
  const floor = new Mesh(plane, material);
  floor.frustumCulled = false;
  floor.matrixAutoUpdate = false;
  return floor;
}

/** Gives three.js our camera: its x points right and its z back, ours left and ahead. */
function aim(to: PerspectiveCamera, camera: Camera, [width, height]: [number, number]): void {
  const [left, up, ahead] = camera.rotation;
  const [x, y, z] = camera.place;
  const view = [
    [-left[0], -left[1], -left[2], -x],
    [up[0], up[1], up[2], y],
    [-ahead[0], -ahead[1], -ahead[2], -z],
    [0, 0, 0, 1],
  ] as const;
  to.matrixWorldInverse.set(...view[0], ...view[1], ...view[2], ...view[3]);
  to.matrixWorld.copy(to.matrixWorldInverse).invert();
  to.matrix.copy(to.matrixWorld);
  const [near, far] = [0.01, 1000];
  const [fx, fy] = [(2 * camera.focal) / width, (2 * camera.focal) / height];
  const [cx, cy] = [(2 * camera.centre[0]) / width - 1, 1 - (2 * camera.centre[1]) / height];
  if (camera.flat) to.projectionMatrix.set(fx, 0, 0, cx, 0, fy, 0, cy, 0, 0, -1e-6, 0, 0, 0, 0, 1);
  else {
    const [a, b] = [(near + far) / (near - far), (2 * near * far) / (near - far)];
    to.projectionMatrix.set(fx, 0, -cx, 0, 0, fy, -cy, 0, 0, 0, a, b, 0, 0, -1, 0);
  }
  to.projectionMatrixInverse.copy(to.projectionMatrix).invert();
}
