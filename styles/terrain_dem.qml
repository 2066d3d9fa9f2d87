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
  <rasterrenderer alphaBand="-1" band="1" classificationMax="nan" classificationMin="nan" nodataColor="" opacity="1" type="singlebandpseudocolor">
   <minMaxOrigin>
    <limits>CumulativeCut</limits>
    <extent>UpdatedCanvas</extent>
    <statAccuracy>Estimated</statAccuracy>
    <cumulativeCutLower>0.02</cumulativeCutLower>
    <cumulativeCutUpper>0.98</cumulativeCutUpper>
    <stdDevFactor>2</stdDevFactor>
   </minMaxOrigin>
   <rastershader>
    <colorrampshader classificationMode="1" clip="0" colorRampType="INTERPOLATED" labelPrecision="6" maximumValue="100" minimumValue="0">
     <colorramp name="[source]" type="gradient">
      <Option type="Map">
       <Option name="color1" type="QString" value="220,230,212,255,rgb:0.86274509803921573,0.90196078431372551,0.83137254901960789,1"></Option>
       <Option name="color2" type="QString" value="244,239,230,255,rgb:0.95686274509803926,0.93725490196078431,0.90196078431372551,1"></Option>
       <Option name="direction" type="QString" value="ccw"></Option>
       <Option name="discrete" type="QString" value="0"></Option>
       <Option name="rampType" type="QString" value="gradient"></Option>
       <Option name="spec" type="QString" value="rgb"></Option>
       <Option name="stops" type="QString" value="0.5;239,230,210,255,rgb:0.93725490196078431,0.90196078431372551,0.82352941176470584,1;rgb;ccw"></Option>
      </Option>
     </colorramp>
     <item alpha="255" color="#dce6d4" label="0" value="0"></item>
     <item alpha="255" color="#efe6d2" label="50" value="50"></item>
     <item alpha="255" color="#f4efe6" label="100" value="100"></item>
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
    </colorrampshader>
   </rastershader>
  </rasterrenderer>
  <brightnesscontrast brightness="0" contrast="0" gamma="1"></brightnesscontrast>
  <huesaturation colorizeBlue="128" colorizeGreen="128" colorizeOn="0" colorizeRed="255" colorizeStrength="100" grayscaleMode="0" invertColors="0" saturation="0"></huesaturation>
  <rasterresampler maxOversampling="2"></rasterresampler>
  <resamplingStage>resamplingFilter</resamplingStage>
 </pipe>
 <blendMode>0</blendMode>
</qgis>
