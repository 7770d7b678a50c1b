// Between the frame's pixels and the square in which a face stands upright.

export type Point = [number, number];
export type Matrix = [number, number, number][];

/** Side of the square that the server's matrices lead to. */
export const SIDE = 640;

/** A point of the frame, in the square as it is drawn (pixel centres at halves). */
export function onto(matrix: Matrix, [x, y]: Point): Point {
  const [a, b] = matrix as [Matrix[0], Matrix[0]];
  return [a[0] * x + a[1] * y + a[2] + 0.5, b[0] * x + b[1] * y + b[2] + 0.5];
}

/** A point of the square as it is drawn, in the frame. */
export function back(matrix: Matrix, point: Point): Point {
  const [a, b] = matrix as [Matrix[0], Matrix[0]];
  const x = point[0] - 0.5 - a[2];
  const y = point[1] - 0.5 - b[2];
  const area = a[0] * b[1] - a[1] * b[0];
  return [(b[1] * x - a[1] * y) / area, (a[0] * y - b[0] * x) / area];
}

export function line(points: Point[], closed: boolean): string {
  return points.map(([x, y], place) => `${place ? "L" : "M"}${x.toFixed(2)} ${y.toFixed(2)}`).join("") + (closed ? "Z" : "");
}
