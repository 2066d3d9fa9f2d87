<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis autoRefreshMode="Disabled" autoRefreshTime="0" hasScaleBasedVisibilityFlag="0" maxScale="0" minScale="1e+08" styleCategories="Symbology|Symbology3D|Labeling|Rendering" version="3.40.6-Bratislava">
 <pipe-data-defined-properties>
  <Option type="Map">
   <Option name="name" type="QString" value=""></Option>
   <Option name="properties"></Option>
   <Option name="type" type="QString" value="collection"></Option>
  </Option>
 </pipe-data-defined-properties>
 <pipe>
  <provider>
   <resampling enabled="false" maxOversampling="2" zoomedInResamplingMethod="nearestNeighbour" zoomedOutResamplingMethod="nearestNeighbour"></resampling>
  </provider>
  <rasterrenderer alphaBand="-1" gradient="BlackToWhite" grayBand="1" nodataColor="" opacity="0.3" type="singlebandgray">
   <minMaxOrigin>
    <limits>None</limits>
    <extent>WholeRaster</extent>
    <statAccuracy>Estimated</statAccuracy>
    <cumulativeCutLower>0.02</cumulativeCutLower>
    <cumulativeCutUpper>0.98</cumulativeCutUpper>
    <stdDevFactor>2</stdDevFactor>
   </minMaxOrigin>
   <contrastEnhancement>
    <minValue>70</minValue>
    <maxValue>181</maxValue>
    <algorithm>StretchToMinimumMaximum</algorithm>
   </contrastEnhancement>
   <rampLegendSettings direction="0" maximumLabel="" minimumLabel="" orientation="2" prefix="" suffix="" useContinuousLegend="1">
    <numericFormat id="basic">
     <Option type="Map">
      <Option name="decimal_separator" type="invalid"></Option>
      <Option name="decimals" type="int" value="6"></Option>
      <Option name="rounding_type" type="int" value="0"></Option>
      <Option name="show_plus" type="bool" value="false"></Option>
      <Option name="show_thousand_separator" type="bool" value="true"></Option>
      <Option name="show_trailing_zeros" type="bool" value="false"></Option>
      <Option name="thousand_separator" type="invalid"></Option>
     </Option>
    </numericFormat>
   </rampLegendSettings>
  </rasterrenderer>
  <brightnesscontrast brightness="0" contrast="0" gamma="1"></brightnesscontrast>
  <huesaturation colorizeBlue="128" colorizeGreen="128" colorizeOn="0" colorizeRed="255" colorizeStrength="100" grayscaleMode="0" invertColors="0" saturation="0"></huesaturation>
  <rasterresampler maxOversampling="2"></rasterresampler>
  <resamplingStage>resamplingFilter</resamplingStage>
 </pipe>
 <blendMode>6</blendMode>
</qgis>
