"""Whether a mesh can be printed: closed, thick enough, small enough for the bed, and without what would need supports.

Lengths are millimetres. A mesh is as it is printed: the bed is z = 0. trimesh and manifold3d are imported within the
functions: who only looks whether files are stale does not wait for them.
"""

import io
import struct
from typing import TYPE_CHECKING, Any

from scripts.drawing.generator import DrawingError

if TYPE_CHECKING:
    import trimesh
    from manifold3d import Manifold

SAMPLES = 1500
SEED = 20201122
STEEPEST_DEG = 45.0
BED_FACE = 0.05
OPPOSITE = 0.8


def ordered(data: bytes) -> bytes:
    """The same binary STL with its triangles in order: OpenSCAD writes them in another one each time.

    Raises DrawingError "data" where it is no binary STL, or cut off.
    """
    count = int.from_bytes(data[80:84], "little")
    if len(data) < 84 or len(data) != 84 + 50 * count:
        raise DrawingError("data", "no binary STL, or cut off")
    faces = []
    for normal_corners in struct.iter_unpack("<12fH", data[84:]):
        numbers = [number + 0.0 for number in normal_corners[:12]]  # no minus zero
        corners = [tuple(numbers[start : start + 3]) for start in (3, 6, 9)]
        first = corners.index(min(corners))
        faces.append((*corners[first:], *corners[:first], tuple(numbers[:3])))
    packed = [struct.pack("<12fH", *normal, *one, *two, *three, 0) for one, two, three, normal in sorted(faces)]
    return b"box".ljust(80, b"\0") + count.to_bytes(4, "little") + b"".join(packed)


def load(data: bytes) -> "trimesh.Trimesh":
    """A mesh from a binary STL. Raises DrawingError "data" where it is none."""
    import trimesh

    try:
        mesh: Any = trimesh.load_mesh(io.BytesIO(data), file_type="stl")
    except Exception as bad:  # trimesh raises what the damage leads to: ValueError, struct.error, IndexError …
        raise DrawingError("data", f"no STL: {bad}") from bad
    if not isinstance(mesh, trimesh.Trimesh) or not len(mesh.faces):
        raise DrawingError("data", "no STL: it has no faces")
    return mesh


def solid(mesh: "trimesh.Trimesh") -> "Manifold":
    """The same as a solid to compute with. Raises DrawingError "data" where the mesh does not enclose one."""
    import numpy as np
    from manifold3d import Error, Manifold, Mesh

    made = Manifold(
        Mesh(np.asarray(mesh.vertices, dtype=np.float32), tri_verts=np.asarray(mesh.faces, dtype=np.uint32))
    )
    if made.status() != Error.NoError:
        raise DrawingError("data", f"not manifold: {made.status()}")
    return made


def open_places(mesh: "trimesh.Trimesh") -> list[str]:
    """What keeps a mesh from being the skin of one solid."""
    faults = []
    if not mesh.is_watertight:
        faults.append("it has holes: an edge that does not join two faces")
    if not mesh.is_winding_consistent:
        faults.append("faces look inwards and outwards")
    elif mesh.volume <= 0:
        faults.append("it is inside out")
    if not faults and (pieces := len(solid(mesh).decompose())) != 1:
        faults.append(f"it is in {pieces} pieces")
    return faults


def thicknesses(mesh: "trimesh.Trimesh", samples: int = SAMPLES) -> list[float]:
    """How far it is through the walls at points spread evenly over the surface, thinnest first.

    A wall is where the face on the other side looks the other way; towards an edge everything gets thin.
    """
    import numpy as np
    import trimesh

    points, faces = trimesh.sample.sample_surface(mesh, samples, seed=SEED)
    inward = -mesh.face_normals[faces]
    return sorted(float(one) for one in _through(mesh, np.asarray(points) + inward * 1e-4, inward) if np.isfinite(one))


def _through(mesh: "trimesh.Trimesh", starts: Any, towards: Any) -> Any:
    """Distance along each ray to the nearest face (Möller and Trumbore, 1997), infinite where that is no wall's."""
    import numpy as np

    corner, one, two = (mesh.triangles[:, index] for index in range(3))
    edge_one, edge_two = one - corner, two - corner
    nearest = np.full(len(starts), np.inf)
    for index, (start, way) in enumerate(zip(starts, towards, strict=True)):
        across = np.cross(way, edge_two)
        facing = np.einsum("ij,ij->i", edge_one, across)
        with np.errstate(divide="ignore", invalid="ignore"):
            shift = start - corner
            u = np.einsum("ij,ij->i", shift, across) / facing
            turned = np.cross(shift, edge_one)
            v = turned @ way / facing
            far = np.einsum("ij,ij->i", edge_two, turned) / facing
            hit = (np.abs(facing) > 1e-12) & (u >= 0) & (v >= 0) & (u + v <= 1) & (far > 1e-3)
        if hit.any():
            face = np.flatnonzero(hit)[far[hit].argmin()]
            if mesh.face_normals[face] @ way > OPPOSITE:
                nearest[index] = far[face]
    return nearest


def overhang_mm2(mesh: "trimesh.Trimesh") -> float:
    """The area that hangs over more than STEEPEST_DEG and does not lie on the bed."""
    import numpy as np

    down = mesh.face_normals[:, 2] < -np.sin(np.radians(STEEPEST_DEG)) - 1e-6
    above = mesh.triangles_center[:, 2] > mesh.bounds[0][2] + BED_FACE
    return float(mesh.area_faces[down & above].sum())


def on_bed_mm2(mesh: "trimesh.Trimesh") -> float:
    low = mesh.triangles_center[:, 2] <= mesh.bounds[0][2] + BED_FACE
    return float(mesh.area_faces[low].sum())
