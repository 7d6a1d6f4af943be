/** What drawing needs of a canvas: so that a test, or another output, can record it. */
export type Pen = Pick<CanvasRenderingContext2D,
  'beginPath' | 'moveTo' | 'lineTo' | 'bezierCurveTo' | 'arc' | 'rect' | 'closePath' | 'stroke' | 'fill' | 'fillText' | 'strokeText' |
  'save' | 'restore' | 'clip' | 'translate' | 'rotate' | 'setLineDash' | 'createLinearGradient' | 'measureText' |
  'drawImage' | 'putImageData' | 'imageSmoothingEnabled' |
  'lineWidth' | 'lineJoin' | 'lineCap' | 'strokeStyle' | 'fillStyle' | 'globalAlpha' | 'font' | 'textAlign' | 'textBaseline'>;
